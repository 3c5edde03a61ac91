import { defaultTreeAdapter as tree, html as HTML, parse, type DefaultTreeAdapterTypes } from "parse5";

import { isPicture, mayHaveAttribute, TAGS } from "./mail-allowed.ts";
import { isInertCss } from "./mail-css.ts";
import { MAIL_POLICY } from "./mail-policy.ts";

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** What stands before the mail's own: that it is UTF-8, and that it may do nothing. */
const METAS: ReadonlySet<string> = new Set([
  'charset="utf-8"',
  `http-equiv="Content-Security-Policy" content="${MAIL_POLICY}"`,
]);

/**
 * The last look at a document before it goes out: read as a browser reads it, is there anything in it but what may be?
 * Trusts nothing of how the document was made. Resolves to the name of the first thing that may not be.
 */
export function findForbidden(document: string): string | undefined {
  const rest: Node[] = [parse(document, { scriptingEnabled: false })];
  for (let node = rest.pop(); node; node = rest.pop()) {
    if (tree.isCommentNode(node)) return "a comment";
    if (tree.isElementNode(node)) {
      const fault = faultOf(node);
      if (fault !== undefined) return fault;
    }
    if ("childNodes" in node) for (const child of node.childNodes) rest.push(child);
  }
  return undefined;
}

function faultOf({ tagName, namespaceURI, attrs, childNodes }: Element): string | undefined {
  if (namespaceURI !== HTML.NS.HTML) return `<${tagName}> of ${namespaceURI}`;
  if (tagName === "html" || tagName === "head" || tagName === "body")
    return attrs.length === 0 ? undefined : `attributes of <${tagName}>`;
  if (tagName === "meta")
    return METAS.has(attrs.map(({ name, value }) => `${name}="${value}"`).join(" ")) ? undefined : "<meta>";
  if (!TAGS.has(tagName)) return `<${tagName}>`;
  for (const { name, value } of attrs) {
    if (!mayHaveAttribute(tagName, name)) return `<${tagName} ${name}>`;
    if (name === "src" && !isPicture(value)) return `<${tagName} src>, which is no picture`;
    if (name === "style" && !isInertCss(value)) return `<${tagName} style>, which loads something`;
  }
  if (tagName !== "style") return undefined;
  const css = childNodes.map((child) => (tree.isTextNode(child) ? child.value : "")).join("");
  return isInertCss(css) ? undefined : "<style>, which loads something";
}
