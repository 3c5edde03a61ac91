import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { inertMail, type InlinePictures } from "./mail-html.ts";

/** What the mail became, without the document around it. */
function bodyOf(html: string): string {
  return bodyIn(inertMail(html).document);
}

function bodyIn(document: string): string {
  return document.slice(document.indexOf("<body>\n") + 7, document.lastIndexOf("\n</body>"));
}

/** How the text begins that is shown in place of a document in which something was found. */
const INSTEAD = '<pre style="white-space:pre-wrap">';

const FORBIDDEN_TAGS =
  /^(?:script|form|input|button|select|option|textarea|iframe|frame|frameset|object|embed|applet|link|meta|base|svg|math|template|noscript|plaintext|xmp|audio|video|source|track|canvas|portal|dialog|html|head|body|title)$/;
const FORBIDDEN_ATTRIBUTES =
  /^(?:on.*|href|xlink:href|srcset|srcdoc|action|formaction|background|poster|data|ping|target|http-equiv|content|cite|longdesc|lowsrc|dynsrc|usemap|manifest|autofocus|contenteditable|is|slot|xmlns)$/;

/** Reads the markup by itself, strictly: whatever is not plainly a tag with quoted attributes is an error. */
function expectInert(html: string): void {
  const { document } = inertMail(html);
  expect(document).not.toContain(INSTEAD); // it was made right, and not only found to be wrong
  const body = bodyIn(document);
  const styles: string[] = [];
  const markup = body.replace(/<style[^>]*>([^<]*)<\/style>/g, (_, css: string) => (styles.push(css), ""));
  const text = markup.replace(
    /<(\/?)([a-z][a-z0-9]*)((?: [^\s<>="'/]+(?:="[^"<>]*")?)*)( \/)?>/g,
    (_, _end, tag: string, attributes: string) => {
      expect(tag).not.toMatch(FORBIDDEN_TAGS);
      for (const [, name, value = ""] of attributes.matchAll(/ ([^\s=]+)(?:="([^"]*)")?/g)) {
        expect(name).not.toMatch(FORBIDDEN_ATTRIBUTES);
        if (name === "src") expect(value).toMatch(/^data:image\/(?!svg)/);
        if (name === "style") styles.push(value);
      }
      return "";
    },
  );
  expect(text).not.toContain("<");
  for (const style of styles) {
    const css = style.replaceAll("\\\\", ""); // a backslash that disguises nothing
    expect(css).not.toMatch(
      /@import|\bexpression\s*\(|-moz-binding\s*:|\bimage-set\s*\(|url\((?!\s*(?:&quot;|["'])?data:image\/)/i,
    );
    expect(css).not.toMatch(/\\(?:0{0,4}(?:4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])(?![0-9a-f])|[g-z])/i); // no letter in disguise
  }
}

const HOSTILE = [
  "<script>alert(1)</script>",
  "<script src=//e.example/x.js>",
  "<scr<script>ipt>alert(1)</scr</script>ipt>",
  "<img src=x onerror=alert(1)>",
  "<img src='x'onerror=alert(1)>",
  "<img/src=x/onerror=alert(1)>",
  '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
  '<img srcset="https://e.example/1.png 2x">',
  '<a href="javascript:alert(1)">a</a>',
  '<a href="java\tscript:alert(1)">a</a>',
  '<a href=" &#x6a;avascript:alert(1)">a</a>',
  '<a href="data:text/html,<script>alert(1)</script>">a</a>',
  '<a href="vbscript:x" target=_top ping="https://e.example">a</a>',
  '<form action="https://e.example"><input name=a><button formaction=x>b</button></form>',
  '<iframe src="https://e.example"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  "<iframe><iframe><iframe><script>alert(1)</script>",
  '<object data="x"></object><embed src=x><applet code=x>',
  "<svg onload=alert(1)>",
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<svg><animate attributeName=href values="javascript:alert(1)">',
  '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
  "<p style=\"background:url('https://e.example/x.png')\">",
  '<p style="background:u\\72l(https://e.example/x.png)">',
  '<p style="background:\\75\\72\\6c(//e.example)">',
  '<p style="background:url(&quot;https://e.example&quot;">',
  '<p style="background:ur/**/l(https://e.example)">',
  '<p style="width:expression(alert(1));-moz-binding:url(x)">',
  "<p style=\"background:-webkit-image-set('https://e.example/x.png' 1x)\">",
  "<p style=\"background:image\\2d set('https://e.example/x.png' 1x)\">",
  '<style>@import "https://e.example/x.css";</style>',
  "<style>@\\69mport url(//e.example);</style>",
  "<style>@im@import x;port '//e.example';</style>",
  "<style>@imp/**/ort '//e.example'</style>",
  "<style>a{background:url( 'https://e.example'",
  "<style>@font-face{font-family:x;src:url(https://e.example/x.woff)}</style>",
  "<style>input[value^=a]{background:url(//e.example/a)}</style>",
  "<style><!--</style><script>alert(1)</script>--></style>",
  "<style>a::before{content:'</style ><script>alert(1)</script>'}</style>",
  '<meta http-equiv=refresh content="0;url=https://e.example">',
  '<base href="https://e.example/">',
  '<link rel=preconnect href="https://e.example"><link rel=dns-prefetch href="//e.example">',
  '<link rel=stylesheet href="https://e.example/x.css">',
  '<body background="https://e.example/x.png" onload=alert(1)>',
  '<table background="https://e.example/x.png"><td background=//e.example>',
  "<video poster=https://e.example src=x onerror=alert(1)><source src=x></video>",
  "<!-- <script>alert(1)</script>",
  "<!--><script>alert(1)</script>-->",
  "<!--[if mso]><script>alert(1)</script><![endif]-->",
  "<![CDATA[<script>alert(1)</script>]]>",
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  "<template><script>alert(1)</script></template>",
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  "<math><annotation-xml encoding=text/html><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
  "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
  "<textarea></textarea/><img src=x onerror=alert(1)>",
  "<xmp><img src=x onerror=alert(1)></xmp>",
  "<title><a title='</title><img src=x onerror=alert(1)>'>",
  "<plaintext><script>alert(1)</script>",
  "<details open ontoggle=alert(1)>x</details>",
  '<div style="x" style="background:url(//e.example)" a"b=c \'=d ==e `=f>',
  "<p title='\"><script>alert(1)</script>'>",
  "<p class='\u0000' id=`x onclick=alert(1)`>\u0000<sc\u0000ript>alert(1)</script>",
  "</p></div></body></html><script>alert(1)</script>",
];

/** What a mail may stand in: as deep as is shown, one level more or less, and where the rules of parsing are others. */
const AROUND: readonly ((html: string) => string)[] = [
  (html) => html,
  (html) => `<table><tr><td><b>${html}</td> x <p>y</p>`,
  ...[198, 199, 200, 201].map((depth) => (html: string) => "<div>".repeat(depth) + html),
  (html) => "<table><tr><td>".repeat(50) + html,
  (html) => "<ul><li><b>".repeat(67) + html,
  ...["svg", "math", "svg><foreignObject", "math><annotation-xml encoding=text/html", "math><mtext", "svg><desc"].map(
    (open) => (html: string) => `<${open}>${html}`,
  ),
  ...["style", "title", "textarea", "noscript", "xmp", "iframe", "template", "select", "frameset", "table", "head"].map(
    (open) => (html: string) => `<${open}>${html}</${open}>${html}`,
  ),
  (html) => `<style><!--</style>${html}--></style>${html}`,
  (html) => `<svg><style>${html}</style></svg><math><style>${html}</style></math>`,
  (html) => `<div><style>a{}</style><style>${html}`,
  (html) => html.replaceAll("<", "&lt;"),
  (html) => `<style>${html.replaceAll("<", "&lt;")}</style>`,
];

test.for(HOSTILE)("nothing of it is left: %s", (html) => {
  for (const around of AROUND) expectInert(around(html));
});

test.for(["preconnect", "dns-prefetch", "prefetch", "preload", "modulepreload", "prerender", "stylesheet", "icon"])(
  "no <link rel=%s> comes through in a style beyond the nesting that is shown",
  (rel) => {
    const link = `<link rel=${rel} href="https://e.example/">`;
    const { document, remote } = inertMail(`${"<div>".repeat(200)}<style>${link}</style>${link}`);
    expect(document).not.toContain("<link");
    expect(remote).toBeGreaterThan(0);
  },
);

test("what only looks like a function in a style does not look like one", () => {
  expectInert("<p style='width:0url(//e.example/x)'>");
  expectInert("<style>p{color:#url(//e.example/x)}</style>");
  expectInert("<style>\\--></style>");
});

test("nothing of it is left in any mixture", () => {
  const piece = fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.constantFrom(
      "<",
      ">",
      '"',
      "'",
      "</",
      "<!--",
      "-->",
      "/>",
      "</style>",
      "<style>",
      "<p style='",
      "url(",
      "/*",
      "*/",
      "\\",
      "<svg>",
      "</svg>",
      "<b>",
      "</b>",
    ),
    fc.string({ maxLength: 6 }),
    fc.tuple(fc.constantFrom(...HOSTILE), fc.nat(60)).map(([html, at]) => html.slice(at)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom(...AROUND), (pieces, around) =>
      expectInert(around(pieces.join(""))),
    ),
    { numRuns: 500 },
  );
});

describe("what a person reads stays", () => {
  test("text, tables, and the style that colours them", () => {
    const html =
      '<style>p{color:red}</style><table bgcolor="#eee"><tbody><tr><td align="left" style="color:blue">Olá &amp; "hi"</td></tr></tbody></table>';
    expect(bodyOf(html)).toBe(html);
  });

  test("the page's own background", () => {
    expect(
      bodyOf('<html><head><title>T</title></head><body bgcolor="red" style="margin:0">x</body></html>').trim(),
    ).toBe('<div bgcolor="red" style="margin:0">x</div>');
  });

  test("a link's words and where it would have led, which its sender cannot misname", () => {
    expect(bodyOf('<a href="https://e.example/?a=1&amp;b=2" title="https://bank.example">Bank</a>')).toBe(
      '<a title="https://e.example/?a=1&amp;b=2">Bank</a>',
    );
    expect(bodyOf('<a href="javascript:alert(1)" title="x">Bank</a>')).toBe("<a>Bank</a>");
  });

  test("pictures that the mail carries", () => {
    const picture = '<img alt="A cat" src="data:image/png;base64,iVBORw0KGgo=" />';
    expect(bodyOf(picture)).toBe(picture);
    const style =
      "<style>p{background:url(data:image/gif;base64,R0lGOD/+=) red;color:url('data:image/png;base64,AA')}</style>";
    expect(bodyOf(style)).toBe(style);
  });

  test("what pictures that are not shown are called, and how many there are", () => {
    const html =
      '<img src="https://e.example/1.png" alt="A &lt;cat&gt;"><img src="cid:2" alt="A dog"><img srcset="x 1x"><p background="//e.example" style="background:url(http://e.example)">';
    const { document, remote, absent, withheld } = inertMail(html);
    expect([remote, absent, withheld]).toEqual([4, 1, 0]);
    expect(document).toContain('<span title="Picture not loaded">A &lt;cat&gt;</span>');
    expect(document).toContain('<span title="Picture not loaded">A dog</span>');
  });
});

describe("pictures that are attachments", () => {
  const address = "data:image/png;base64,AAAA";
  const shown = (html: string, pictures: InlinePictures) => {
    const { document, absent, withheld } = inertMail(html, pictures);
    return { body: /<body>\n(.*)\n<\/body>/s.exec(document)![1], absent, withheld };
  };

  test("are shown where the export holds them, whatever way their Content-ID is written", () => {
    const pictures = new Map([["a b@x", { address, bytes: 4 }]]);
    for (const src of ["cid:a%20b@x", " CID:a b@x ", "cid:a&#32;b@x"])
      expect(shown(`<img alt="A cat" src="${src}">`, pictures)).toEqual({
        body: `<img alt="A cat" src="${address}" />`,
        absent: 0,
        withheld: 0,
      });
  });

  test("that are not to be shown are told apart from those that there are not", () => {
    const html = '<img src="cid:svg"><img src="cid:none"><img src="cid:%"><img src="cid:">';
    const { body, ...counts } = shown(html, new Map([["svg", null]]));
    expect(counts).toEqual({ absent: 3, withheld: 1 });
    expect(body).not.toContain("<img");
  });

  test("are shown as often as the mail says, up to a limit of all together", () => {
    const html = '<img src="cid:big">'.repeat(100);
    const { body, ...counts } = shown(html, new Map([["big", { address, bytes: 10 << 20 }]]));
    expect(body!.match(/<img/g)).toHaveLength(3);
    expect(counts).toEqual({ absent: 0, withheld: 97 });
    const many = shown('<img src="cid:dot">'.repeat(5_000), new Map([["dot", { address, bytes: 43 }]]));
    expect([many.body!.match(/<img/g)!.length, many.withheld]).toEqual([1_000, 4_000]);
  });

  test("whose address is no picture's are not shown, wherever it came from", () => {
    for (const wrong of ["https://e.example/1.png", "data:image/svg+xml;base64,AAAA", "data:text/html,x"]) {
      const { body } = shown('<img src="cid:1" alt="A dog">', new Map([["1", { address: wrong, bytes: 1 }]]));
      expect(body).toBe('<span title="Picture not loaded">A dog</span>');
    }
  });
});

test("the document says itself that it may load nothing", () => {
  const { document } = inertMail("<p>x</p>");
  expect(document).toMatch(
    /^<!doctype html>\n<html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; [^"]*">/,
  );
});

test("what is nested so deeply that it would bring a browser's page down is shown flat", () => {
  const { document } = inertMail(`${"<div><b><table><tr><td>".repeat(3_000)}deep down`);
  expect(document).toContain("deep down");
  const tables = document.match(/<table>/g)!.length;
  expect(tables).toBeGreaterThan(30);
  expect(tables).toBeLessThanOrEqual(40);
  expect(document.match(/<\/table>/g)).toHaveLength(tables);
});

test("formatting that a parser would repeat without end is not written down", () => {
  const open = Array.from({ length: 100 }, (_, place) => `<b id=${"long".repeat(250)}${place}>`).join("");
  expect(() => inertMail(`<p>${open}${"<p>x".repeat(200)}`)).toThrow(RangeError);
});

test("mail that says no colours takes those of the page around it; any other has the white ground it takes for granted", () => {
  const themed = (html: string): boolean => inertMail(html).document.includes("color-scheme:light dark");
  expect(themed("<p>Hello</p>")).toBe(true);
  for (const html of [
    '<p style="color:#111">Hello</p>',
    '<table bgcolor="#eee"><tr><td>Hello</td></tr></table>',
    "<style>body{background:#fafafa}</style><p>Hello</p>",
    '<img src="data:image/png;base64,AAAA">',
  ])
    expect(themed(html), html).toBe(false);
});
