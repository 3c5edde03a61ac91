import sanitizeHtml from "sanitize-html";

import { inertCss } from "./mail-css.ts";
import { MAIL_POLICY } from "./mail-policy.ts";

/** `remote` counts what would have been loaded from elsewhere, `inline` the pictures that are attachments (`cid:`). */
export type InertMail = Readonly<{ document: string; remote: number; inline: number }>;

const TAGS = (
  "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup data dd del details dfn div " +
  "dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark menu nav ol p pre q rp rt ruby " +
  "s samp section small span strike strong style sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr"
).split(" ");

const ATTRIBUTES = (
  "align alt bgcolor border cellpadding cellspacing class color colspan dir face headers height id lang nowrap " +
  "rowspan scope size span start style summary title type valign value width"
).split(" ");

/** Left out with all that they hold; of other unknown elements only the tags go. */
const LEFT_OUT = (
  "applet audio canvas embed frameset iframe math noembed noframes noscript object option plaintext script select svg " +
  "template textarea title video xmp"
).split(" ");

/** Some hundred tables inside each other make a browser slow, and some thousand bring its page down. Real mail has dozens. */
const DEEPEST = 200;

type Attributes = sanitizeHtml.Attributes;

/**
 * A mail's html as a document that does nothing: no script, form, frame or link that leads anywhere, and nothing loaded
 * but pictures that it carries itself. A link's target becomes its title, a picture that is not shown its alt text.
 */
export function inertMail(html: string): InertMail {
  let remote = 0;
  let inline = 0;
  const styled = (attributes: Attributes): Attributes => {
    const { style, background, ...others } = attributes;
    if (background !== undefined && isRemote(background)) remote += 1;
    if (style === undefined) return others;
    const { css, blocked } = inertCss(style);
    remote += blocked;
    return { ...others, style: css };
  };

  const body = sanitizeHtml(html, {
    allowedTags: TAGS,
    allowVulnerableTags: true, // `style`, made inert below
    allowedAttributes: { "*": ATTRIBUTES, img: ["src"], details: ["open"] },
    allowedSchemes: ["data"],
    nonTextTags: LEFT_OUT,
    nestingLimit: DEEPEST,
    parseStyleAttributes: false,
    transformTags: {
      "*": (tagName, attributes) => ({ tagName, attribs: styled(attributes) }),
      body: (_, attributes) => ({ tagName: "div", attribs: attributes }),
      a: (tagName, { href = "", ...others }) => ({
        tagName,
        attribs: { ...others, title: isReadable(href) ? href.trim() : "" }, // no words of the sender's in its place
      }),
      img: (tagName, { src = "", srcset, ...others }) => {
        const source = src.trim();
        if (isPicture(source)) return { tagName, attribs: { ...others, src: source } };
        if (/^cid:/i.test(source)) inline += 1;
        else if (source !== "" || srcset !== undefined) remote += 1;
        const { alt = "", class: name, style } = others;
        return {
          tagName: "span",
          text: alt,
          attribs: { ...(name && { class: name }), ...(style && { style }), title: "Picture not loaded" },
        };
      },
    },
  });
  // In what comes out, `<` stands only where a tag begins, and inside style elements, whose text is as it was.
  const inert = body.replace(/(<style[^>]*>)([\s\S]*?)(<\/style>)/g, (_, open: string, text: string, close: string) => {
    const { css, blocked } = inertCss(text);
    remote += blocked;
    return open + css + close;
  });
  return { document: documentOf(inert), remote, inline };
}

/**
 * Mail takes a white ground for granted once it says colours of its own, or shows pictures; what says none takes those of
 * the page around it.
 */
function groundOf(body: string): string {
  const hasColours = /\b(?:bgcolor|background(?:-color)?|color)\s*[:=]|<img\b/i.test(body);
  return hasColours
    ? "html{background:#fff;color:#000}a{color:#0b57d0}"
    : ":root{color-scheme:light dark}a{color:light-dark(#0b57d0,#8ab4f8)}";
}

/** The policy stands in the document too: it may be shown without the answer's headers. */
function documentOf(body: string): string {
  return `<!doctype html>
<html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${MAIL_POLICY}">
<style>${groundOf(body)}body{margin:8px;font-family:sans-serif;overflow-wrap:anywhere}a{text-decoration:underline}img{max-width:100%}</style>
</head><body>
${body}
</body></html>
`;
}

function isRemote(address: string): boolean {
  return address.trim() !== "" && !/^(?:data|cid):/i.test(address.trim());
}

/** Kinds of picture that browsers show, and that can be nothing else. */
function isPicture(source: string): boolean {
  return /^data:image\/(?:png|gif|jpe?g|webp|avif|bmp|x-icon)[;,]/i.test(source);
}

/** Targets that mean something to a person. */
function isReadable(href: string): boolean {
  return /^(?:https?:\/\/|mailto:|tel:)/i.test(href.trim());
}
