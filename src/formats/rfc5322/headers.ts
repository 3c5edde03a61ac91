import { parameterAsSent } from "../../core/mail/content-type.ts";
import type { Header } from "../../core/mail/mail.ts";
import { headerValues } from "../../core/mail/parts.ts";
import { readLabelled } from "../charset.ts";

/**
 * Header fields from lines that are unfolded (RFC 5322 §2.2.3) and whose bytes were read as Latin-1, as Gmail shows them.
 * What has no name, such as the first line of an mbox, is no field.
 */
export function headersIn(lines: readonly string[]): Header[] {
  return lines.flatMap((line) => {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trimEnd();
    return /^[!-9;-~]+$/.test(name) ? [{ name, value: line.slice(colon + 1).trim() }] : [];
  });
}

/** Type and subtype, lower case; `text/plain` where none is named (RFC 2045 §5.2). */
export function mimeTypeIn(headers: readonly Header[]): string {
  const [value = ""] = headerValues({ headers }, "Content-Type");
  return value.split(/[;\s]/, 1)[0]!.toLowerCase() || "text/plain";
}

/** The name of a file: of its Content-Disposition (RFC 2183 §2.3), else the `name` of its Content-Type. */
export function fileNameIn(headers: readonly Header[]): string {
  return firstParameter(headers, "Content-Disposition", "filename") || firstParameter(headers, "Content-Type", "name");
}

function firstParameter(headers: readonly Header[], header: string, name: string): string {
  for (const value of headerValues({ headers }, header)) {
    const { text, charset } = parameterAsSent(value, name);
    if (text !== "") return charset === undefined ? text : percentDecoded(text, charset);
  }
  return "";
}

/** RFC 2231 §4: bytes behind percent signs, in a charset that is named once. */
function percentDecoded(text: string, charset: string): string {
  const pieces = text.split(/%([0-9a-f]{2})/i);
  const bytes = Buffer.concat(pieces.map((piece, index) => Buffer.from(piece, index % 2 === 1 ? "hex" : "latin1")));
  return readLabelled(bytes, charset).text;
}
