import { encode } from "./charset.ts";

/**
 * One header field in its three forms. `raw` holds the bytes of the wire as a Latin-1 string, folded with CRLF;
 * `shown` is what Gmail answers in `full` and `metadata`; `text` is what the sender meant.
 * The last two differ only for unencoded 8-bit headers, which Gmail reads as Latin-1.
 */
export type Header = Readonly<{ name: string; raw: string; shown: string; text: string }>;

export type Person = Readonly<{ name: string; address: string }>;

type Word = Readonly<{ charset?: string; encoding?: "B" | "Q" }>;

/** A header whose value is already in wire form: ASCII, perhaps folded. Unfolding removes the CRLF and nothing else (RFC 5322 §2.2.3). */
export function field(name: string, raw: string): Header {
  const text = raw.replaceAll("\r\n", "");
  return { name, raw, shown: text, text };
}

/** Free text such as Subject: as it is when plain ASCII, else RFC 2047 encoded words. */
export function unstructured(name: string, text: string, word: Word = {}): Header {
  const plain = /^[\x20-\x7e]*$/.test(text) && !text.includes("=?") && word.charset === undefined;
  return plain ? field(name, fold(text)) : { name, raw: encodedWords(text, word), shown: text, text };
}

export function mailboxes(name: string, people: readonly Person[], word: Word = {}): Header {
  const text = people.map((person) => mailbox(person, displayName)).join(", ");
  const raw = people
    .map((person) =>
      mailbox(person, (display) => (isAscii(display) ? displayName(display) : encodedWords(display, word))),
    )
    .join(people.length > 2 ? ",\r\n " : ", ");
  return { name, raw, shown: text, text };
}

/** Bytes that no standard allows in a header, yet mail carries them: Gmail shows them as Latin-1. */
export function eightBit(name: string, text: string, charset: "utf-8" | "iso-8859-1"): Header {
  const raw = encode(text, charset).toString("latin1");
  return { name, raw, shown: raw, text };
}

/** Each word is complete in itself, at most 75 characters, cut between characters (RFC 2047 §2, §5). */
export function encodedWords(text: string, { charset = "utf-8", encoding = "B" }: Word = {}): string {
  const words: string[] = [];
  let chunk = "";
  for (const character of text) {
    if (encodedWord(chunk + character, charset, encoding).length > 75) {
      words.push(encodedWord(chunk, charset, encoding));
      chunk = "";
    }
    chunk += character;
  }
  words.push(encodedWord(chunk, charset, encoding));
  return words.join("\r\n ");
}

function encodedWord(text: string, charset: string, encoding: "B" | "Q"): string {
  const bytes = encode(text, charset);
  const payload =
    encoding === "B"
      ? bytes.toString("base64")
      : Array.from(bytes, (byte) =>
          byte === 0x20
            ? "_"
            : /[A-Za-z0-9!*+/-]/.test(String.fromCharCode(byte))
              ? String.fromCharCode(byte)
              : `=${hex(byte)}`,
        ).join("");
  return `=?${charset}?${encoding}?${payload}?=`;
}

export const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, "0");

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

function mailbox({ name, address }: Person, display: (name: string) => string): string {
  return name === "" ? address : `${display(name)} <${address}>`;
}

function displayName(name: string): string {
  return /[",.:;<>@()[\]\\]/.test(name) ? `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"` : name;
}

function fold(text: string): string {
  if (text.length <= 76) return text;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length > 75) {
      lines.push(line);
      line = word;
    } else line = lines.length === 0 && line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\r\n ");
}
