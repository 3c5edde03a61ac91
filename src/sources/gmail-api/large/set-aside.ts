import { mayBeParsed } from "../calls/json-limits.ts";
import { shrink } from "./large-body.ts";

/**
 * Large JSON without a second and a third copy of what makes it large. The base64 of contents is set aside: it is left
 * where it stands in the bytes of the answer, a short string names it in the JSON that is parsed, and it is decoded into
 * those same bytes, where it has room.
 */
const LONG_BYTES = 4_096;

/**
 * What is decoded at once: of base64, so a number of whole groups of four. Each is a string for a moment: larger ones would
 * lie outside the young generation, and stay until all of the heap is collected.
 */
const PIECE_BYTES = 64 << 10;

/** NUL begins the name of a content that was set aside. JSON has one way to write it. */
const NUL = "\0";
const ESCAPED_NUL = String.raw`\u0000`;
const KEY = Buffer.from('"data":');
const BACKSLASH = 0x5c;

/** Where something stands in the bytes of an answer. */
type Range = Readonly<{ start: number; end: number }>;

/**
 * The JSON of an answer, and what stands at a name in it: undefined for any other string. `bytes` are those of the answer,
 * as far as contents are in them now.
 */
export type LargeJson = Readonly<{ json: unknown; rangeOf(data: string): Range | undefined; bytes: ArrayBuffer }>;

/** Reads JSON from these bytes, which it uses up. Undefined where it has more values than any answer; throws SyntaxError. */
export function parseLargeJson(answer: Buffer<ArrayBuffer>): LargeJson | undefined {
  const found: Range[] = [];
  const mayParse = mayBeParsed(answer, (start, end) => {
    if (end - start >= LONG_BYTES && isContent(answer, start)) found.push({ start, end });
  });
  if (!mayParse) return undefined;
  // Where an answer has such names itself, nothing is named.
  const ranges = answer.includes(`"${ESCAPED_NUL}`) ? [] : found;
  const json: unknown = JSON.parse(withNames(answer, ranges));
  const { decoded, size } = decodeInPlace(answer, ranges);
  return {
    json,
    rangeOf: (data) => (data.startsWith(NUL) ? decoded[Number(data.slice(NUL.length))] : undefined),
    bytes: shrink(answer.buffer, answer.byteOffset + size),
  };
}

function isContent(answer: Buffer, start: number): boolean {
  const key = start - 1 - KEY.length;
  return key >= 0 && answer.compare(KEY, 0, KEY.length, key, start - 1) === 0;
}

function withNames(answer: Buffer, ranges: readonly Range[]): string {
  const pieces: string[] = [];
  let from = 0;
  ranges.forEach(({ start, end }, index) => {
    pieces.push(answer.toString("utf8", from, start), `${ESCAPED_NUL}${index}`);
    from = end;
  });
  pieces.push(answer.toString("utf8", from));
  return pieces.join("");
}

/** Each content moves to the front, behind the one before: base64 is longer than what it says, so none is written over. */
function decodeInPlace(
  answer: Buffer<ArrayBuffer>,
  ranges: readonly Range[],
): Readonly<{ decoded: readonly Range[]; size: number }> {
  let size = 0;
  const decoded = ranges.map(({ start, end }) => {
    const begin = size;
    let from = start;
    let text = "";
    if (answer.subarray(start, end).includes(BACKSLASH)) {
      text = unescaped(answer.toString("latin1", start, end));
      from = end;
    }
    while (from < end) {
      text = answer.toString("latin1", from, Math.min(from + PIECE_BYTES, end));
      from += text.length;
      if (from === end) break;
      const count = answer.write(text, size, "base64url");
      if (count !== (PIECE_BYTES / 4) * 3) {
        // It holds what is no base64, such as line ends, so groups of four are elsewhere than they seem.
        text += answer.toString("latin1", from, end);
        break;
      }
      size += count;
    }
    const rest = Buffer.from(text, "base64url");
    answer.set(rest, size);
    size += rest.length;
    return { start: answer.byteOffset + begin, end: answer.byteOffset + size };
  });
  return { decoded, size };
}

/** Escapes in what is to be base64, where anything else is passed over; `=` may be written as one. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_all, code: string | undefined, letter = "") =>
    code === undefined ? (letter === "/" ? "/" : "") : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
