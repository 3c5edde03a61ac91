import { isUtf8 } from "node:buffer";

import { decodeAddressWords, decodeWords, type OnGuess } from "./encoded-words.ts";

/**
 * Headers as a person reads them. Gmail unfolds and decodes them already; this mends what it, or another server that speaks
 * its API, passes on: UTF-8 read as Latin-1, folds, and encoded words (RFC 2047). The price: a subject that writes about an
 * encoded word shows what that word says.
 */

/** Free text, such as a subject or the name of a file. */
export function decodeHeader(value: string, onGuess: OnGuess = () => {}): string {
  return decodeWords(unfold(mendText(value)), onGuess).toWellFormed();
}

/** A list of addresses (RFC 5322 §3.4). Each stays one, whatever its name says when it is decoded. */
export function decodeAddresses(value: string, onGuess: OnGuess = () => {}): string {
  return decodeAddressWords(unfold(mendAddresses(value)), onGuess).toWellFormed();
}

function unfold(value: string): string {
  return value.replace(/[\r\n]+([ \t]?)/g, (_fold, space: string) => space || " ");
}

/** `Ã©` back to `é`, when every character is a byte (≤ U+00FF) and the bytes are valid UTF-8. ASCII stays what it is. */
function mend(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value) || /[^\0-\u00ff]/.test(value)) return value;
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : value;
}

/**
 * Raw bytes beside decoded text are mended alone, where they hold one of the controls U+0080 to U+009F: nobody writes
 * those, but half of what UTF-8 has for letters looks like them. Anything less clear stays as it is.
 */
function mendText(value: string): string {
  const whole = mend(value);
  if (whole !== value) return whole;
  return value.replaceAll(/[\u0080-\u00ff]+/g, (piece) => (/[\u0080-\u009f]/.test(piece) ? mend(piece) : piece));
}

/** Each name of a list was encoded, or not, for itself. */
function mendAddresses(value: string): string {
  const whole = mend(value);
  if (whole !== value || !/[\u0080-\u00ff]/.test(value)) return whole;
  return value.split(",").map(mendText).join(",");
}
