import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import libmime from "libmime";

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true }); // the mark is kept: nothing that was sent is left out

/**
 * Body text from its bytes. Gmail turns text into UTF-8 and leaves the old `charset` on the part, so UTF-8 is believed
 * before the label (gmail-api.md §2.5): valid UTF-8, else the declared charset, else windows-1252.
 */
export function decodeText(bytes: Uint8Array, charset: string): string {
  const decoder = isUtf8(bytes) && !isIso2022(bytes, charset) ? UTF8 : decoderOf(charset);
  return decoder.decode(bytes);
}

/**
 * A header's value as a person reads it. Gmail unfolds and decodes headers already; this mends what it, or another server
 * that speaks its API, passes on: UTF-8 read as Latin-1, folds, and encoded words (RFC 2047). The price: a subject that
 * writes about an encoded word shows what that word says.
 */
export function decodeHeader(value: string): string {
  const unfolded = repairMojibake(value).replace(/[\r\n]+([ \t]?)/g, (_fold, space: string) => space || " ");
  return (unfolded.includes("=?") ? libmime.decodeWords(unfolded) : unfolded).toWellFormed();
}

/** ISO-2022 is seven bits wide and so always valid UTF-8; its escape sequences give it away. */
function isIso2022(bytes: Uint8Array, charset: string): boolean {
  return /^\s*iso-2022-/i.test(charset) && bytes.includes(0x1b) && bytes.every((byte) => byte < 0x80);
}

function decoderOf(charset: string): TextDecoder {
  try {
    // ISO-2022-JP-1, -2 and the others extend ISO-2022-JP; TextDecoder knows only the first.
    return new TextDecoder(charset.replace(/^\s*(iso-2022-jp).*/i, "$1"), { ignoreBOM: true });
  } catch {
    return new TextDecoder("windows-1252");
  }
}

/** `Ã©` back to `é`, when every character is a byte (≤ U+00FF) and the bytes are valid UTF-8. ASCII stays what it is. */
function repairMojibake(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return bytes.toString("latin1") === value && isUtf8(bytes) ? bytes.toString("utf8") : value;
}
