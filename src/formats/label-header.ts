/**
 * A header line that tells the labels of a message: names with commas between, quoted as in CSV, encoded (RFC 2047) where
 * they are not ASCII, folded at 76 columns. What stands behind it begins with white space where `beginsAsFold` says so.
 */
export function labelHeader(name: string, labelNames: readonly string[], eol: string, beginsAsFold: boolean): string {
  const labels = labelList(labelNames);
  const value = beginsAsFold ? oneLine(labels) : headerText(labels, eol, name.length + ": ".length);
  return `${name}: ${value}${eol}`;
}

const SPACE = 0x20;
const TAB = 0x09;

/** Whether a line that begins so would be taken for a fold. */
export function isWhiteSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** Names with commas between, quoted as in CSV. */
export function labelList(names: readonly string[]): string {
  return names.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",");
}

const LONGEST_LINE = 76;

/** Folded at spaces that are there anyway, or as encoded words (RFC 2047), so that unfolding gives it back exactly. */
function headerText(text: string, eol: string, column: number): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes("=?")) return folded(text, eol, column);
  const words: string[] = [];
  let chunk = "";
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > 42) {
      words.push(chunk);
      chunk = "";
    }
    chunk += character;
  }
  return [...words, chunk].map((word) => `=?utf-8?B?${Buffer.from(word).toString("base64")}?=`).join(`${eol} `);
}

function folded(text: string, eol: string, from: number): string {
  let column = from;
  return text
    .split(/(?= )/) // each piece begins with its space
    .map((piece, index) => {
      const folds = index > 0 && piece.startsWith(" ") && piece.length > 1 && column + piece.length > LONGEST_LINE;
      column = folds ? piece.length : column + piece.length;
      return folds ? `${eol}${piece}` : piece;
    })
    .join("");
}

/** What fits into one encoded word of 75 characters. */
const LONGEST_Q = 75 - "=?utf-8?Q??=".length;

/**
 * Before an original that begins with white space nothing is folded, as its first line would be taken for a fold of ours:
 * encoded words with Q, which stand nowhere else, say so.
 */
function oneLine(text: string): string {
  const words: string[] = [];
  let word = "";
  for (const character of text) {
    const coded = /^[A-Za-z0-9!*+/-]$/.test(character)
      ? character
      : [...Buffer.from(character)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
    if (word.length + coded.length > LONGEST_Q) {
      words.push(word);
      word = "";
    }
    word += coded;
  }
  return [...words, word].map((one) => (one === "" ? "" : `=?utf-8?Q?${one}?=`)).join(" ");
}
