import type { ExportRecord } from "../core/mail/record.ts";

/**
 * A record's line is one JSON object with its keys in order (docs/format.md §2), so a body of many megabytes can be found
 * in it without being parsed: inside a JSON string every quote stands behind a backslash, so these can only be the keys.
 */
const BODY = ',"Body":{"plain":"';
const HTML = '","html":"';
const AFTER = '"},"Attachments":';

/** What is written as JSON at once: a large text takes a good part of a second, and as much memory again. */
const PIECE_CHARACTERS = 1 << 18;

/** A record's line, in pieces where its text is large. */
export function* linePieces(record: ExportRecord): Generator<string> {
  const { plain, html } = record.Body;
  if (plain.length + html.length <= PIECE_CHARACTERS) return yield JSON.stringify(record);
  const line = JSON.stringify({ ...record, Body: { plain: "", html: "" } });
  const body = line.indexOf(BODY) + BODY.length;
  yield line.slice(0, body);
  yield* textPieces(plain);
  yield HTML;
  yield* textPieces(html);
  yield line.slice(body + HTML.length);
}

/** The inside of a JSON string. No pair of surrogates is taken apart: half of one is written in another way. */
function* textPieces(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const to = from + PIECE_CHARACTERS;
    const isWithinPair = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(to - 1, to + 1));
    const piece = text.slice(from, isWithinPair ? to + 1 : to);
    yield JSON.stringify(piece).slice(1, -1);
    from += piece.length;
  }
}

/** The record without its Body; undefined when the line is laid out in another way. */
export function withoutBody(line: Buffer): string | undefined {
  const start = line.indexOf(BODY);
  const end = start === -1 ? -1 : line.indexOf(AFTER, start + BODY.length - 1);
  if (end === -1) return undefined;
  return line.toString("utf8", 0, start) + line.toString("utf8", end + '"}'.length);
}

/**
 * The line of a record with these values in place of what it has under their keys, or behind all others. Its Body is not
 * read, and everything else stays as it stands.
 */
export function lineWith(line: Buffer, values: Partial<ExportRecord>): (string | Buffer)[] {
  const start = line.indexOf(BODY);
  const end = start === -1 ? -1 : line.indexOf(AFTER, start + BODY.length - 1);
  if (end === -1) return [JSON.stringify({ ...JSON.parse(line.toString()), ...values })];
  const bodyEnd = end + '"}'.length;
  const before: Record<string, unknown> = JSON.parse(`${line.toString("utf8", 0, start)}}`);
  const after: Record<string, unknown> = JSON.parse(`{${line.toString("utf8", bodyEnd + ",".length)}`);
  for (const [key, value] of Object.entries(values)) (key in before ? before : after)[key] = value;
  return [JSON.stringify(before).slice(0, -1), line.subarray(start, bodyEnd), `,${JSON.stringify(after).slice(1)}`];
}

/** The JSON string that is the html of the Body, quotes included; undefined when the line is laid out in another way. */
export function htmlIn(line: Buffer): Buffer | undefined {
  const body = line.indexOf(BODY);
  const start = body === -1 ? -1 : line.indexOf(HTML, body + BODY.length - 1);
  const end = start === -1 ? -1 : line.indexOf(AFTER, start + HTML.length - 1);
  return end === -1 ? undefined : line.subarray(start + HTML.length - 1, end + 1);
}
