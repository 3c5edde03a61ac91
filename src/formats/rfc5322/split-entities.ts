import { delimiterIn, LONGEST_DELIMITER, mayBeDelimiter, type Delimiter } from "./delimiters.ts";

/**
 * What stands in the bytes of a message, in order: `head` begins an entity with its header fields, a line each with its
 * folds; `content` is a piece of its body as it was sent; `end` closes the entity that was opened last and not closed. Of a
 * container, `content` is what stands before its first part. Pieces are good until the next is asked for.
 */
export type Piece =
  | Readonly<{ piece: "head"; lines: readonly string[] }>
  | Readonly<{ piece: "content"; bytes: Buffer }>
  | Readonly<{ piece: "end" }>;

/** Bytes of one header block. */
const LONGEST_HEAD = 4 << 20;

export class HeadTooLong extends Error {}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const DASH = 0x2d;

/** Within header fields; at the beginning of a line of content; within such a line, or at its end. */
type Where = "head" | "line start" | "line";

/**
 * Splits a message at the delimiters of its containers. `boundaryOf` tells a container's boundary from its header, "" of
 * whatever is none. A line end before a delimiter belongs to that, wherever the chunks were cut.
 */
export async function* splitEntities(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  boundaryOf: (lines: readonly string[]) => string,
): AsyncGenerator<Piece> {
  const boundaries: Buffer[] = [];
  /** How many entities are open, and which of them are the containers of `boundaries`. */
  let open = 0;
  const containers: number[] = [];
  let where: Where = "head";
  let isEpilogue = false; // behind the last part of a container
  let lines: string[] = [];
  let headBytes = 0;
  let held: Buffer = Buffer.alloc(0);

  const endHead = function* (): Generator<Piece> {
    yield { piece: "head", lines };
    open += 1;
    const boundary = boundaryOf(lines);
    if (boundary !== "") {
      boundaries.push(Buffer.from(boundary, "latin1"));
      containers.push(open);
    }
    lines = [];
    headBytes = 0;
    where = "line start";
    isEpilogue = false;
  };

  const close = function* (downTo: number): Generator<Piece> {
    for (; open > downTo; open -= 1) yield { piece: "end" };
  };

  const delimit = function* ({ container, closes }: Delimiter): Generator<Piece> {
    if (where === "head") yield* endHead();
    yield* close(containers[container]!);
    const kept = closes ? container : container + 1;
    boundaries.length = kept;
    containers.length = kept;
    where = closes ? "line start" : "head";
    isEpilogue = closes;
  };

  /** Takes a line of a header with its end. */
  const takeHeadLine = function* (line: Buffer): Generator<Piece> {
    const delimiter = delimiterIn(line, boundaries);
    if (delimiter) return yield* delimit(delimiter);
    headBytes += line.length;
    if (headBytes > LONGEST_HEAD) throw new HeadTooLong();
    const text = line.toString("latin1").replace(/\r?\n$/, "");
    if (text === "") yield* endHead();
    else if (/^[ \t]/.test(text) && lines.length > 0) lines.push(`${lines.pop()!}${text}`);
    else lines.push(text);
  };

  /** Goes through what is there; resolves with what has to wait for more. */
  const take = function* (bytes: Buffer, isLast: boolean): Generator<Piece, Buffer> {
    let at = 0;
    while (at < bytes.length) {
      if (where === "head") {
        const end = bytes.indexOf(LINE_FEED, at) + 1;
        if (end === 0 && !isLast) {
          if (headBytes + bytes.length - at > LONGEST_HEAD) throw new HeadTooLong();
          return bytes.subarray(at);
        }
        yield* takeHeadLine(bytes.subarray(at, end || bytes.length));
        at = end || bytes.length;
        continue;
      }
      const found = contentIn(bytes, at, where === "line start", boundaries, isLast);
      if (!isEpilogue && found.end > at) yield { piece: "content", bytes: bytes.subarray(at, found.end) };
      if (!found.delimiter) {
        if (found.end > at) where = "line";
        return bytes.subarray(found.end);
      }
      yield* delimit(found.delimiter);
      at = found.behind;
    }
    return NOTHING;
  };

  for await (const chunk of chunks)
    held = Buffer.from(yield* take(held.length === 0 ? chunk : Buffer.concat([held, chunk]), false));
  yield* take(held, true);
  if (where === "head" && (lines.length > 0 || open === 0)) yield* endHead();
  yield* close(0);
}

const NOTHING = Buffer.alloc(0);

/**
 * The content from `start` up to the next delimiter line, or as far as it is sure to be content. `behind` is where the
 * delimiter line has ended.
 */
function contentIn(
  bytes: Buffer,
  start: number,
  isLineStart: boolean,
  boundaries: readonly Buffer[],
  isLast: boolean,
): Readonly<{ end: number; behind: number; delimiter?: Delimiter }> {
  let end = start; // of what stands before the line, its line end apart
  let lineStart = isLineStart ? start : -1;
  for (;;) {
    if (lineStart !== -1 && (bytes[lineStart] ?? DASH) === DASH) {
      const behind = bytes.indexOf(LINE_FEED, lineStart) + 1;
      const line = bytes.subarray(lineStart, behind || Math.min(bytes.length, lineStart + LONGEST_DELIMITER + 1));
      if (behind === 0 && !isLast && mayBeDelimiter(line)) return { end, behind: bytes.length };
      const delimiter = delimiterIn(line, boundaries);
      if (delimiter) return { end, behind: behind || bytes.length, delimiter };
    }
    const feed = bytes.indexOf(LINE_FEED, Math.max(lineStart, start));
    if (feed === -1) {
      // A carriage return at the end may be the first half of a line end.
      const isHalf = !isLast && bytes.at(-1) === CARRIAGE_RETURN;
      return { end: Math.max(start, bytes.length - (isHalf ? 1 : 0)), behind: bytes.length };
    }
    lineStart = feed + 1;
    end = feed > start && bytes[feed - 1] === CARRIAGE_RETURN ? feed - 1 : feed;
  }
}
