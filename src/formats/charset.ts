import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";

import iconv from "iconv-lite";

import { readSevenBit } from "./seven-bit.ts";

/** Text, and whether its charset had to be guessed: then it may be another text than its sender wrote. */
export type Reading = Readonly<{ text: string; guessed: boolean }>;

type Decode = (bytes: Uint8Array) => string;

/** Marks of byte order are kept: nothing that was sent is left out. Those of UTF-16 belong to the encoding. */
const UTF8: Decode = decoding("utf-8", { ignoreBOM: true });
const UTF16_LE: Decode = decoding("utf-16le");
const UTF16_BE: Decode = decoding("utf-16be");
const WINDOWS_1252: Decode = decoding("windows-1252");

/**
 * Body text from its bytes. Gmail turns text into UTF-8 and leaves the old `charset` on the part, so what the bytes show
 * is believed before the label: UTF-16 by its mark or its zeros, valid UTF-8, else the charset of the label. Total.
 */
export function readText(bytes: Uint8Array, label: string): Reading {
  const utf16 = utf16In(bytes, label);
  if (utf16) return sure(utf16(bytes));
  return isUtf8(bytes) ? sure(readSevenBit(bytes, label) ?? UTF8(bytes)) : readLabelled(bytes, label);
}

/** Body text from the bytes that its sender wrote: in the charset of the label where there is one, else as they show. Total. */
export function readSent(bytes: Uint8Array, label: string): Reading {
  const decode = UTF16.test(label.trim()) ? undefined : decoderOf(label);
  if (!decode) return readText(bytes, label);
  return sure(readSevenBit(bytes, label) ?? decode(bytes));
}

/** Text that is in the charset of its label, such as an encoded word (RFC 2047). Total. */
export function readLabelled(bytes: Uint8Array, label: string): Reading {
  const sevenBit = readSevenBit(bytes, label);
  if (sevenBit !== undefined) return sure(sevenBit);
  // Words such as "utf-16" do not say which byte comes first.
  const isVague = UTF16.test(label.trim());
  const decode = isVague ? utf16In(bytes, label) : decoderOf(label);
  if (decode) return sure(decode(bytes));
  if (isUtf8(bytes)) return sure(UTF8(bytes));
  return { text: (isVague ? UTF16_LE : WINDOWS_1252)(bytes), guessed: true };
}

function sure(text: string): Reading {
  return { text, guessed: false };
}

function decoding(name: string, options = {}): Decode {
  const decoder = new TextDecoder(name, options);
  return (bytes) => decoder.decode(bytes);
}

const UTF16 = /^(utf-?16|iso-10646-ucs-2|ucs-?2|csunicode|unicode)$/i;

/** So much of a text shows what it is. */
const SAMPLE_BYTES = 4_096;

/** UTF-16 by its mark, or by the zeros that stand beside each letter of ASCII, and beside each space in any language. */
function utf16In(bytes: Uint8Array, label: string): Decode | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return UTF16_LE;
  if (first === 0xfe && second === 0xff) return UTF16_BE;
  if (!bytes.includes(0)) return undefined;
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  let [even, odd] = [0, 0];
  for (let at = 0; at < sample.length; at += 1)
    if (sample[at] === 0) {
      if (at % 2 === 0) even += 1;
      else odd += 1;
    }
  // Without a label there must be many, all on one side: a zero that somebody wrote is no sign of anything.
  const [least, most] = UTF16.test(label.trim()) ? [1, 0.5] : [Math.max(2, sample.length / 20), 0.02];
  if (bytes.length % 2 === 1 && least > 1) return undefined;
  if (odd >= least && even <= odd * most) return UTF16_LE;
  if (even >= least && odd <= even * most) return UTF16_BE;
  return undefined;
}

/** Of a label, or undefined where nobody knows it, or where it says what the bytes are not: then it tells nothing. */
function decoderOf(label: string): Decode | undefined {
  const name = label.trim().toLowerCase();
  const spelled = spellingsOf(name);
  if (spelled.some((each) => TELLS_NOTHING.has(each))) return undefined;
  return firstOf(spelled, whatwg) ?? firstOf(spelled, iconvLite);
}

/** Seven bits alone, or no charset at all. Where they are put on other bytes nobody knows what those are. */
const TELLS_NOTHING: ReadonlySet<string> = new Set(
  "us-ascii ascii ansi_x3.4-1968 ansi_x3.4-1986 iso-ir-6 iso646-us us csascii cp367 ibm367 646 x-user-defined default".split(
    " ",
  ),
);

/** Names that mail has for charsets which are known by others. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    gbk: "cp936 ms936 x-cp936 windows-936",
    big5: "cp950 ms950 x-windows-950 windows-950 big5-eten cp951",
    shift_jis: "cp932 ms932 x-ms-cp932 windows-932 sjis-win sjis-open x-sjis-jp cp943 cp943c ibm-943",
    "euc-jp": "eucjp euc_jp x-eucjp ujis eucjp-ms eucjpms eucjp-win eucjp-open cp51932",
    "euc-kr": "euckr euc_kr cp949 ms949 x-windows-949 uhc ksc5601-1987 ks_c_5601 cp51949",
    "windows-874": "cp874 ms874 tis620",
    "iso-8859-1": "latin-1 8859_1 iso8859_1 ibm-819",
    "utf-8": "utf_8 utf8mb4 utf-8n cp65001 x-utf-8",
    maccenteuro: "macce mac-ce macintosh-ce",
    macintosh: "macroman mac-roman x-macroman cp10000",
  }).flatMap(([name, aliases]) => aliases.split(" ").map((alias) => [alias, name] as const)),
);

/** How one name may have been meant: as it is, by another name, without an `x-`, with its dashes where they belong. */
function spellingsOf(name: string): string[] {
  const bare = name.replace(/^(x-|cs)/, "");
  const mended = bare
    .replace(/^(?:win|windows|cp|ansi|x-cp)[-_ ]?(125\d|874)$/, "windows-$1")
    .replace(/^(?:iso)?[-_ ]?8859[-_ ]?(\d{1,2})(-[ei])?$/, "iso-8859-$1$2")
    .replace(/^(?:dos|pc|ibm|oem)?[-_ ]?(\d{3})$/, "cp$1");
  return [...new Set([name, ALIASES.get(name), bare, ALIASES.get(bare), mended])].filter((each) => each !== undefined);
}

function whatwg(name: string): Decode | undefined {
  try {
    return decoding(name, { ignoreBOM: true });
  } catch {
    return undefined;
  }
}

/** No charsets, though the library has them. */
const NO_CHARSETS: ReadonlySet<unknown> = new Set(["base64", "hex", "binary", "utf-7-imap"].map(iconv.getCodec));

/** What WHATWG lacks: cp437, cp850, macCyrillic, VISCII, UTF-32 and others. */
function iconvLite(name: string): Decode | undefined {
  if (!/^[a-z0-9][\w.:-]{0,79}$/.test(name)) return undefined;
  try {
    if (NO_CHARSETS.has(iconv.getCodec(name))) return undefined;
    iconv.decode(Buffer.alloc(1), name); // a name such as "constructor" is no charset
  } catch {
    return undefined;
  }
  return (bytes) => iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), name).toWellFormed();
}

function firstOf(names: readonly string[], find: (name: string) => Decode | undefined): Decode | undefined {
  for (const name of names) {
    const decode = find(name);
    if (decode) return decode;
  }
  return undefined;
}
