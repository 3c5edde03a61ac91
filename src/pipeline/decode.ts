import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import libmime from "libmime";

/** Text, and how many U+FFFD decoding put where it could not tell what was meant; those that were sent do not count. */
export type Decoded = Readonly<{ text: string; replaced: number }>;

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true }); // the mark is kept: nothing that was sent is left out

/** Bytes of `body.data`: base64url or base64, padded or not. */
export function decodeBase64url(data: string): Buffer {
  return Buffer.from(data, "base64url");
}

/**
 * Body text from its bytes. Gmail turns text into UTF-8 and leaves the old `charset` on the part, so UTF-8 is believed
 * before the label (gmail-api.md §2.5): valid UTF-8, else the declared charset, else windows-1252.
 */
export function decodeText(bytes: Uint8Array, charset: string): Decoded {
  if (isUtf8(bytes) && !isIso2022(bytes, charset)) return { text: UTF8.decode(bytes), replaced: 0 };
  const decoder = decoderOf(charset);
  const text = decoder.decode(bytes);
  const sent = decoder.encoding === "utf-8" ? occurrences(Buffer.from(bytes).toString("latin1"), "\xEF\xBF\xBD") : 0;
  return { text, replaced: occurrences(text, "\uFFFD") - sent };
}

/**
 * A header's value as a person reads it. Gmail unfolds and decodes headers already; this mends what it passes on:
 * UTF-8 read as Latin-1, folds, and values that are nothing but encoded words (RFC 2047).
 */
export function decodeHeader(value: string): Decoded {
  const unfolded = repairMojibake(value).replace(/[\r\n]+([ \t]?)/g, (_fold, space: string) => space || " ");
  const text = (isEncoded(unfolded) ? libmime.decodeWords(unfolded) : unfolded).toWellFormed();
  return { text, replaced: introduced(unfolded, text) };
}

/** The same string without half surrogate pairs, which JSON can spell and most readers of it refuse. */
export function wellFormed(value: string): Decoded {
  const text = value.toWellFormed();
  return { text, replaced: introduced(value, text) };
}

/** ISO-2022 is seven bits wide and so always valid UTF-8; its escape sequences give it away. */
function isIso2022(bytes: Uint8Array, charset: string): boolean {
  return /^\s*iso-2022-/i.test(charset) && bytes.includes(0x1b) && bytes.every((byte) => byte < 0x80);
}

function decoderOf(charset: string): TextDecoder {
  try {
    // ISO-2022-JP-1, -2 and the others extend ISO-2022-JP; TextDecoder knows only the first.
    return new TextDecoder(charset.replace(/^\s*(iso-2022-jp).*/i, "$1"));
  } catch {
    return new TextDecoder("windows-1252");
  }
}

/** `Ã©` back to `é`, when every character is a byte (≤ U+00FF) and the bytes are valid UTF-8. ASCII stays what it is. */
function repairMojibake(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return bytes.toString("latin1") === value && isUtf8(bytes) ? bytes.toString("utf8") : value;
}

/**
 * Only encoded words, and the addresses they may name. One amid other text was most likely written about, in a subject
 * that Gmail has decoded: decoding it again would lose what was said, while keeping it loses nothing.
 */
function isEncoded(value: string): boolean {
  return value.includes("=?") && /^[\s,]*$/.test(value.replace(/=\?[\w*-]+\?[bq]\?[^?]*\?=|<[^<>]*>/gi, ""));
}

function introduced(before: string, after: string): number {
  return before === after ? 0 : Math.max(0, occurrences(after, "\uFFFD") - occurrences(before, "\uFFFD"));
}

function occurrences(text: string, wanted: string): number {
  return text.split(wanted).length - 1;
}
