import * as fc from "fast-check";

import { findForbidden } from "../../src/surfaces/http/mail/mail-gate.ts";
import { inertMail, type InertMail } from "../../src/surfaces/http/mail/mail-html.ts";
import { must, type Target } from "../target.ts";

/** Mail that the API gives out is at most 2 MB; these show the same, sooner. */
const LONGEST = 20_000;

const ELSEWHERE = "https://elsewhere.example/";

/** Stands for the content of a picture; see show-pictures.ts. */
const MARK = "0f".repeat(32);
const PICTURE_BYTES = 5 << 20;
const PICTURES = new Map([
  ["a@b", { address: `data:image/png;base64,${MARK}.0.`, bytes: PICTURE_BYTES }],
  ["svg", null],
]);

const HOSTILE = [
  ...["preconnect", "dns-prefetch", "prefetch", "preload", "modulepreload", "stylesheet"].map(
    (rel) => `<link rel=${rel} href="${ELSEWHERE}">`,
  ),
  `<meta http-equiv=refresh content="0;url=${ELSEWHERE}">`,
  `<base href="${ELSEWHERE}">`,
  `<img src="${ELSEWHERE}" onerror=x srcset="${ELSEWHERE} 2x">`,
  `<script src="${ELSEWHERE}"></script>`,
  `<iframe srcdoc="<script>x</script>">`,
  `<a href="javascript:x" ping="${ELSEWHERE}">a</a>`,
  `<form action="${ELSEWHERE}"><input><button formaction="${ELSEWHERE}">b</button></form>`,
  `<p style="background:u\\72l(${ELSEWHERE});width:expression(x)">p</p>`,
  `<style>@import "${ELSEWHERE}";p{background:image-set('${ELSEWHERE}' 1x);src:url(${ELSEWHERE}`,
  `<svg><image href="${ELSEWHERE}"/><style><img src="${ELSEWHERE}"></style>`,
  `<math><mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=${ELSEWHERE}&gt;">`,
  `<noscript><p title="</noscript><link rel=preconnect href=${ELSEWHERE}>">`,
  '<img src="cid:a@b" alt="x"><img src="cid:svg"><img src=cid:none style="background:url(cid:a@b)">',
  '<p background="cid:a@b" title="cid:a@b"><img src="cid:a%40b" srcset="cid:a@b 2x" onerror=x>',
  '<img alt="" src="data:image/png;base64,AA"><img src="data:image/svg+xml,x">',
];

const PIECES = [
  ..."< > \" ' & / = \\ ( ) { } ; : @ # <!-- --> /* */ ]]> <![CDATA[ <!DOCTYPE <? url( @import image-set( &lt; &#60; &#x3c".split(
    " ",
  ),
  "&quot;",
  "\0",
  "\u2028",
  "\ufeff",
  "\r\n",
  "\f",
];

const TAGS = (
  "div p b a i table tr td tbody caption colgroup col style svg math foreignObject desc title mtext mi annotation-xml mglyph " +
  "template select option noscript noembed textarea xmp plaintext iframe head body html frameset form button li ul dd details " +
  "summary ruby rt pre listing font nobr h1 hr br img image"
).split(" ");

const markup = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.constantFrom(...PIECES),
  fc.tuple(fc.constantFrom(...TAGS), fc.constantFrom("", "/")).map(([tag, end]) => `<${end}${tag}>`),
  fc.tuple(fc.constantFrom(...TAGS), fc.integer({ min: 2, max: 205 })).map(([tag, times]) => `<${tag}>`.repeat(times)),
  fc.tuple(fc.constantFrom(...HOSTILE), fc.nat(60)).map(([html, from]) => html.slice(from)),
  fc.constantFrom(...HOSTILE).map((html) => html.replaceAll("<", "&lt;")),
  fc.string({ maxLength: 8 }),
);

/** HTML mail, made inert to be shown: whatever went in, nothing comes out but what a mail's document may hold. */
export const mailHtml: Target = {
  name: "mail-html",
  share: 60,
  async open() {
    return {
      seeds: [
        ...HOSTILE,
        `<html><head><title>T</title><style>p{color:red}</style></head><body bgcolor=white>${HOSTILE.join("<p>text</p>")}`,
        `${"<div>".repeat(200)}<style>${HOSTILE.join("")}</style>`,
      ].map((html) => Buffer.from(html)),
      shapes: fc.array(markup, { maxLength: 30 }).map((pieces) => pieces.join("")),
      async feed(input) {
        let mail: InertMail;
        try {
          mail = inertMail(input.toString("utf8", 0, LONGEST), PICTURES);
        } catch (error) {
          if (error instanceof RangeError) return []; // too large to be shown, and said so
          throw error;
        }
        const { document, remote, absent, withheld } = mail;
        const forbidden = findForbidden(document);
        must(forbidden === undefined, "something forbidden in a mail's document", forbidden);
        must(!document.includes('<pre style="white-space:pre-wrap">'), "the last look had to close the door");
        // By another reading than a parser's: every tag is one of few, and none leads to an address.
        const [, body = ""] = document.split("<body>\n");
        for (const [tag, name = ""] of body.replace(/<style>[^<]*<\/style>/g, "").matchAll(/<\/?([^\s>]*)[^>]*>/g)) {
          must(/^[a-z][a-z0-9]*$/.test(name), "a tag's name", tag);
          const isActive = /^(?:link|meta|base|script|iframe|form|input|object|embed|svg|math|template|frame)$/.test(
            name,
          );
          must(!isActive, "an active tag", tag);
          must(
            !/\s(?:on\w+|href|srcset|action|ping|srcdoc|http-equiv)=/.test(tag.replace(/"[^"]*"/g, "")),
            "an attribute",
            tag,
          );
        }
        must(remote >= 0 && absent >= 0 && withheld >= 0, "counts");
        const shown = document.split(MARK).length - 1;
        must(shown * PICTURE_BYTES <= 32 << 20, "too many pictures", String(shown));
        const framed = document.split(`src="data:image/png;base64,${MARK}.0."`).length - 1;
        must(shown === framed, "a picture where none may be");
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
