import { TextDecoder } from "node:util";

import iconv from "iconv-lite";

/**
 * Charsets that write everything in seven bits: shifts tell which bytes are letters of another alphabet. Undefined where
 * the label names none of them, or no shift stands in the bytes: Gmail may have made UTF-8 of the text and kept the label.
 */
export function readSevenBit(bytes: Uint8Array, label: string): string | undefined {
  const charset = CHARSETS.find(({ names }) => names.test(label.trim()));
  if (charset === undefined || !charset.shifts(bytes) || bytes.some((byte) => byte >= 0x80)) return undefined;
  return charset.read(bytes);
}

const ESC = 0x1b;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
const TILDE = 0x7e;

type SevenBit = Readonly<{
  names: RegExp;
  shifts(bytes: Uint8Array): boolean;
  read(bytes: Uint8Array): string;
}>;

const CHARSETS: readonly SevenBit[] = [
  {
    // RFC 1468. ISO-2022-JP-1, -2 and the others extend it; TextDecoder knows only the first.
    names: /^(cs)?(iso-?2022-?jp|cp5022[0-2]\b)/i,
    shifts: (bytes) => bytes.includes(ESC),
    read: (bytes) => new TextDecoder("iso-2022-jp", { ignoreBOM: true }).decode(bytes),
  },
  {
    // RFC 1557
    names: /^(cs)?iso-?2022-?kr$/i,
    shifts: (bytes) => bytes.includes(SHIFT_OUT),
    read: (bytes) => new TextDecoder("euc-kr").decode(withHighBits(bytes)),
  },
  {
    // RFC 1922, of which the letters of GB 2312 can be read
    names: /^iso-?2022-?cn(-ext)?$/i,
    shifts: (bytes) => bytes.includes(SHIFT_OUT),
    read: (bytes) => new TextDecoder("gbk").decode(withHighBits(bytes)),
  },
  {
    // RFC 1843
    names: /^hz(-gb-?2312)?$/i,
    shifts: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes("~{"),
    read: (bytes) => new TextDecoder("gbk").decode(withoutTildes(bytes)),
  },
  {
    names: /^(x-|cs)?(unicode-?[12]-[01]-)?utf-?7$|^csunicode11utf7$/i,
    shifts: isUtf7,
    read: (bytes) => iconv.decode(Buffer.from(bytes), "utf-7", { stripBOM: false }).toWellFormed(),
  },
];

/** Between SO and SI each byte is half a letter: with its high bit it is one of an EUC. Escapes only announce the alphabet. */
function withHighBits(bytes: Uint8Array): Uint8Array {
  const read = new Uint8Array(bytes.length);
  let length = 0;
  let shifted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === SHIFT_OUT) shifted = true;
    else if (byte === SHIFT_IN) shifted = false;
    else if (byte === ESC && bytes[at + 1] === 0x24) at += 3; // ESC $ ) C
    else {
      if (byte === 0x0a) shifted = false; // a line ends what was shifted
      read[length++] = shifted && byte > 0x20 ? byte | 0x80 : byte;
    }
  }
  return read.subarray(0, length);
}

/** `~{` begins GB 2312, `~}` ends it, `~~` is a tilde, and one before a line's end joins the lines. */
function withoutTildes(bytes: Uint8Array): Uint8Array {
  const read = new Uint8Array(bytes.length);
  let length = 0;
  let shifted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    const next = bytes[at + 1];
    if (byte === TILDE && next === 0x7b && !shifted) {
      shifted = true;
      at += 1;
    } else if (byte === TILDE && next === 0x7d && shifted) {
      shifted = false;
      at += 1;
    } else if (byte === TILDE && next === TILDE && !shifted) {
      read[length++] = TILDE;
      at += 1;
    } else if (byte === TILDE && next === 0x0a && !shifted) at += 1;
    else {
      if (byte === 0x0a) shifted = false;
      read[length++] = shifted && byte > 0x20 ? byte | 0x80 : byte;
    }
  }
  return read.subarray(0, length);
}

/**
 * Whether each plus begins what UTF-7 has there (RFC 2152): `+-`, or whole UTF-16 units in base64 with nothing left over.
 * "C++" and "+44" are therefore what they look like.
 */
function isUtf7(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  let found = false;
  for (const [, letters = "", end = ""] of text.matchAll(/\+([A-Za-z0-9+/]*)(-?)/g)) {
    if (letters === "") {
      if (end === "") return false;
      continue;
    }
    const units = Buffer.from(letters, "base64");
    if (((letters.length * 6) & 15) >= 6 || units.length < 2) return false;
    found = true;
  }
  return found;
}
