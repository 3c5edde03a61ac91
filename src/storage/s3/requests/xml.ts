import { decodeXML } from "entities";

/**
 * What stands in the elements with a name, in their order. Answers of S3 are flat and few: what is asked of them is found
 * without a parser, and nothing that they refer to is ever loaded.
 */
export function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>(.*?)</${name}>`, "gs"))].map(([, inner]) => inner!);
}

/** The text of the first element with a name; "" where there is none. */
export function textOf(xml: string, name: string): string {
  return decodeXML(elements(xml, name)[0] ?? "");
}

/** Text as it stands in an element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
