import { defaultTreeAdapter as tree, html as HTML, parse, type DefaultTreeAdapterTypes } from "parse5";

import { isPicture, mayHaveAttribute, TAGS } from "./mail-allowed.ts";
import { inertCss } from "./mail-css.ts";
import { findForbidden } from "./mail-gate.ts";
import { MAIL_POLICY } from "./mail-policy.ts";

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;
type Attributes = Readonly<Record<string, string>>;

/**
 * `remote` counts what would have been loaded from elsewhere; of the pictures that are attachments (`cid:`), `absent` those
 * that there are not, and `withheld` those that are not shown.
 */
export type InertMail = Readonly<{ document: string; remote: number; absent: number; withheld: number }>;

/**
 * Pictures that stand in the message, by Content-ID, each with the address to show it at, which carries it (`data:`), and
 * its bytes; null for one that is not to be shown.
 */
export type InlinePictures = ReadonlyMap<string, Readonly<{ address: string; bytes: number }> | null>;

/** Of all pictures that a document shows, each counted as often as it is shown. */
const MOST_PICTURE_BYTES = 32 << 20;

/** Each is read from its file as often as it is shown; newsletters have dozens. */
const MOST_PICTURES = 1_000;

/** Left out with all that they hold; of other elements that may not be, only the tags go. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  (
    "applet audio canvas embed frameset iframe math noembed noframes noscript object option plaintext script select svg " +
    "template textarea title video xmp"
  ).split(" "),
);

const VOID: ReadonlySet<string> = new Set(["br", "col", "hr", "img", "wbr"]);

/** Some hundred tables inside each other make a browser slow, and some thousand bring its page down. Real mail has dozens. */
const DEEPEST = 200;

/** A parser repeats formatting that was left open in every paragraph behind it. Mail that is read is a tenth of this. */
const LARGEST_DOCUMENT_CHARACTERS = 8 << 20;

/**
 * A mail's html as a document that does nothing: no script, form, frame or link that leads anywhere, and nothing loaded
 * but pictures that it carries itself. A link's target becomes its title, a picture that is not shown its alt text.
 * It is read into a tree as a browser reads it (WHATWG HTML §13.2), and written anew from what may be in it; nothing of
 * the mail's own markup gets through as text. Throws a RangeError when too much would come out.
 */
export function inertMail(html: string, pictures: InlinePictures = new Map()): InertMail {
  const written: string[] = [];
  const words: string[] = [];
  const found = { remote: 0, absent: 0, withheld: 0 };
  let [pictureBytes, shown] = [0, 0];
  let [characters, depth, hidden] = [0, 0, 0];
  const put = (text: string): void => {
    characters += text.length;
    if (characters > LARGEST_DOCUMENT_CHARACTERS) throw new RangeError("the document grows too large");
    written.push(text);
  };
  const style = (css: string): string => {
    const inert = inertCss(css);
    found.remote += inert.blocked;
    return inert.css;
  };

  /** The address at which a picture of the message is shown; "" where it is not. */
  const addressOf = (contentId: string): string => {
    const picture = pictures.get(contentId);
    if (picture === undefined) found.absent += 1;
    else if (picture === null || pictureBytes + picture.bytes > MOST_PICTURE_BYTES || shown === MOST_PICTURES)
      found.withheld += 1;
    else {
      shown += 1;
      pictureBytes += picture.bytes;
      return picture.address;
    }
    return "";
  };

  /** Nodes still to be written, the next one last, and between them what is to be done where an element ends. */
  const rest: (Node | (() => void))[] = [parse(`<!doctype html>${html}`, { scriptingEnabled: false })];
  const enter = (element: Element): void => {
    const { tagName } = element;
    const attributes = attributesOf(element);
    if (loadsElsewhere(element, attributes)) found.remote += 1;
    if (LEFT_OUT.has(tagName) || element.namespaceURI !== HTML.NS.HTML) {
      hidden += 1;
      rest.push(() => (hidden -= 1));
    } else if (tagName === "style") {
      if (hidden === 0) put(`<style>${style(textOf(element))}</style>`);
      return;
    } else if (tagName === "img") {
      const contentId = contentIdIn(attributes["src"]);
      const picture = contentId === undefined ? attributes : { ...attributes, src: addressOf(contentId) };
      if (hidden === 0) put(pictureOf(picture, style));
    } else if (hidden === 0 && depth < DEEPEST) {
      const tag = tagName === "body" ? "div" : tagName;
      const own = writeAttributes(tag, tag === "a" ? linkOf(attributes) : attributes, style);
      if (TAGS.has(tag) && !(tagName === "body" && own === "")) {
        put(`<${tag}${own}${VOID.has(tag) ? " />" : ">"}`);
        if (!VOID.has(tag)) {
          depth += 1;
          rest.push(() => {
            depth -= 1;
            put(`</${tag}>`);
          });
        }
      }
    }
    pushChildren(element.childNodes);
  };
  const pushChildren = (children: readonly Node[]): void => {
    for (let place = children.length - 1; place >= 0; place -= 1) rest.push(children[place]!);
  };

  for (let step = rest.pop(); step; step = rest.pop()) {
    if (typeof step === "function") step();
    else if (tree.isElementNode(step)) enter(step);
    else if (tree.isTextNode(step)) {
      if (hidden > 0) continue;
      words.push(step.value);
      put(escapeText(step.value));
    } else if ("childNodes" in step) pushChildren(step.childNodes);
  }
  return { document: documentOf(written.join(""), words.join("")), ...found };
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

/**
 * The document with this body; if anything were in it that may not be, one with the text alone. The policy stands in the
 * document too: it may be shown without the answer's headers.
 */
export function documentOf(body: string, text: string): string {
  const document = `<!doctype html>
<html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${MAIL_POLICY}">
<style>${groundOf(body)}body{margin:8px;font-family:sans-serif;overflow-wrap:anywhere}a{text-decoration:underline}img{max-width:100%}</style>
</head><body>
${body}
</body></html>
`;
  if (findForbidden(document) === undefined) return document;
  return documentOf(`<pre style="white-space:pre-wrap">${escapeText(text)}</pre>`, "");
}

function attributesOf({ attrs }: Element): Attributes {
  return Object.fromEntries(attrs.map(({ prefix, name, value }) => [prefix ? `${prefix}:${name}` : name, value]));
}

function writeAttributes(tag: string, attributes: Attributes, style: (css: string) => string): string {
  return Object.entries(attributes)
    .filter(([name]) => mayHaveAttribute(tag, name))
    .map(([name, value]) => {
      const text = name === "style" ? style(value) : value;
      return text === "" && name === "title" ? "" : ` ${name}="${escapeText(text).replaceAll('"', "&quot;")}"`;
    })
    .join("");
}

/** Where a link would have led, in place of words of its sender's. */
function linkOf({ href = "", ...others }: Attributes): Attributes {
  return { ...others, title: /^(?:https?:\/\/|mailto:|tel:)/i.test(href.trim()) ? href.trim() : "" };
}

/** The Content-ID that an address leads to (RFC 2392); undefined where it leads elsewhere. */
function contentIdIn(address = ""): string | undefined {
  const [, contentId] = /^cid:(.*)$/is.exec(address.trim()) ?? [];
  try {
    return contentId && decodeURIComponent(contentId);
  } catch {
    return contentId;
  }
}

/** A picture that the mail carries; of any other what it is called. */
function pictureOf({ src = "", alt = "", ...others }: Attributes, style: (css: string) => string): string {
  const source = src.trim();
  if (isPicture(source)) return `<img${writeAttributes("img", { alt, ...others, src: source }, style)} />`;
  const kept = Object.entries(others).filter(([name]) => name === "class" || name === "style");
  const attributes = { ...Object.fromEntries(kept), title: "Picture not loaded" };
  return `<span${writeAttributes("span", attributes, style)}>${escapeText(alt)}</span>`;
}

/** Whether a browser would fetch something for this element from elsewhere. */
function loadsElsewhere({ tagName, namespaceURI }: Element, attributes: Attributes): boolean {
  const isPlain = namespaceURI === HTML.NS.HTML;
  const names = ["src", "poster", "background", "data", ...(tagName === "link" ? ["href"] : [])];
  const drawn = /^(?:image|use|feImage|script)$/.test(tagName) ? ["href", "xlink:href"] : [];
  const isElsewhere = (address = ""): boolean => {
    const text = address.trim();
    return text !== "" && !/^(?:data:|cid:|#)/i.test(text);
  };
  if ((isPlain ? names : drawn).some((name) => isElsewhere(attributes[name]))) return true;
  return isPlain && attributes["srcset"] !== undefined && !isPicture((attributes["src"] ?? "").trim());
}

function textOf({ childNodes }: Element): string {
  return childNodes.map((child) => (tree.isTextNode(child) ? child.value : "")).join("");
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
