import { readLabelled } from "./charset.ts";

/** Called for each run of words whose charset is unknown and had to be guessed. */
export type OnGuess = () => void;

/** =?charset*language?encoding?text?= (RFC 2047 §2, RFC 2231 §5). The text may hold the spaces that no word should. */
const WORD = /=\?([^?*\s]{1,80})(?:\*[^?\s]{0,80})?\?([bq])\?([^?]*)\?=/gi;

/** Words with nothing but white space between them are one text. */
const RUN = /=\?[^?\s]{1,160}\?[bq]\?[^?]*\?=(?:\s*=\?[^?\s]{1,160}\?[bq]\?[^?]*\?=)*/gi;

/** Free text with its encoded words decoded, wherever they stand. */
export function decodeWords(text: string, onGuess: OnGuess): string {
  if (!text.includes("=?")) return text;
  return text.replaceAll(RUN, (run) => decodeRun(run, onGuess));
}

/** A quoted pair, a run of words, a quoted string, a comment or an address in brackets (RFC 5322 §3.2, §3.4). */
const PIECE = new RegExp(String.raw`\\.|${RUN.source}|"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<[^<>]*>`, "gis");

/** Addresses with their encoded words decoded, each still one name: what it says cannot end it, nor begin another. */
export function decodeAddressWords(text: string, onGuess: OnGuess): string {
  if (!text.includes("=?")) return text;
  const within = (piece: string, special: RegExp): string =>
    piece.replaceAll(RUN, (run) => decodeRun(run, onGuess).replaceAll(special, String.raw`\$&`));
  return text.replaceAll(PIECE, (piece: string, offset: number) => {
    if (piece.startsWith('"')) return within(piece, /["\\]/g);
    if (piece.startsWith("(")) return within(piece, /[()\\]/g);
    if (!piece.startsWith("=?")) return piece; // no word can stand there
    return asName(decodeRun(piece, onGuess), text.slice(offset + piece.length));
  });
}

/** As a name where it must be quoted to stay one. Whole addresses that somebody encoded, with none behind them, stay addresses. */
function asName(said: string, rest: string): string {
  const isPlain = !/[()<>[\]:;@\\,"]/.test(said) || /^\s*"(?:[^"\\]|\\.)*"\s*$/s.test(said);
  if (isPlain) return said;
  const isAddress = /^[^<>]*<[^\s<>@]+@[^\s<>@]+>\s*$|^[^\s<>@,;]+@[^\s<>@,;]+$/.test(said);
  if (isAddress && /^\s*(?:[,;]|$)/.test(rest)) return said;
  return `"${said.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** Words of one charset are joined before they are decoded: a letter may have been cut in two. */
function decodeRun(run: string, onGuess: OnGuess): string {
  const texts: string[] = [];
  let charset = "";
  let bytes: Buffer[] = [];
  const decode = (): void => {
    if (bytes.length === 0) return;
    const { text, guessed } = readLabelled(Buffer.concat(bytes), charset);
    if (guessed) onGuess();
    texts.push(text);
    bytes = [];
  };
  for (const [, label = "", encoding = "", text = ""] of run.matchAll(WORD)) {
    if (label.toLowerCase() !== charset) decode();
    charset = label.toLowerCase();
    bytes.push(encoding.toLowerCase() === "b" ? fromBase64(text) : fromQ(text));
  }
  decode();
  return texts.join("");
}

/** Padding in the middle ends one piece of base64 and begins another. */
function fromBase64(text: string): Buffer {
  const pieces = text.split(/=+/);
  return pieces.length < 3
    ? Buffer.from(text, "base64")
    : Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}

/** RFC 2047 §4.2. What is no hexadecimal pair stays what it is. */
function fromQ(text: string): Buffer {
  const pieces = text.replaceAll("_", " ").split(/=([0-9a-f]{2})/i);
  return Buffer.concat(pieces.map((piece, index) => Buffer.from(piece, index % 2 === 1 ? "hex" : "utf8")));
}
