import { pipeline, Readable } from "node:stream";
import { createGunzip, createGzip } from "node:zlib";

import { linesIn } from "./lines.ts";

/**
 * Records as lines of JSON, compressed with gzip (docs/format.md §4): a first line that names the export, a record a
 * line, and a last line that says how many came, so that a file that was cut off shows.
 */
type NdjsonHead = Readonly<{ email: string; batch: number | null; version: 1 }>;

const LINE_FEED = Buffer.from("\n");

/** Where gzip's header says which system made it (RFC 1952 §2.3). The same records make the same bytes everywhere. */
const OS_BYTE = 9;
const OS_UNKNOWN = 255;

/** What is compressed at once. */
const PIECE_BYTES = 1 << 18;

/** The file that holds these records, each one line of JSON. No time stands in it: the same records make the same bytes. */
export async function* ndjson(head: NdjsonHead, records: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const gzip = createGzip();
  pipeline(Readable.from(pieces(ndjsonLines(head, records))), gzip, () => {}); // an error comes out below
  let offset = 0;
  for await (const chunk of gzip as AsyncIterable<Buffer>) {
    if (offset <= OS_BYTE && OS_BYTE < offset + chunk.length) chunk[OS_BYTE - offset] = OS_UNKNOWN;
    offset += chunk.length;
    yield chunk;
  }
}

async function* ndjsonLines(head: NdjsonHead, records: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify({ export: head })}\n`);
  let count = 0;
  for await (const record of records) {
    yield record;
    yield LINE_FEED;
    count += 1;
  }
  yield Buffer.from(`${JSON.stringify({ end: { count } })}\n`);
}

/** The same bytes in fewer pieces, cut where they are always cut. */
async function* pieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

/**
 * Reads such a file: each record's line in turn. Undefined when it is not one, or was cut off. What stands in `head` is
 * for the reader to judge.
 */
export async function readNdjson(
  chunks: AsyncIterable<Uint8Array>,
  onRecord: (line: Buffer) => void,
): Promise<{ head: unknown; count: number } | undefined> {
  const gunzip = createGunzip();
  pipeline(Readable.from(chunks), gunzip, () => {});
  let first: Buffer | undefined;
  let last: Buffer | undefined;
  let count = 0;
  try {
    for await (const { bytes, ended } of linesIn(gunzip)) {
      if (!ended) return undefined;
      if (first === undefined) first = bytes;
      else {
        if (last !== undefined) {
          onRecord(last);
          count += 1;
        }
        last = bytes;
      }
    }
    const { end } = Object(parse(last));
    const { export: head } = Object(parse(first));
    return Object(end).count === count && head !== undefined ? { head, count } : undefined;
  } catch (error) {
    if (isGzipError(error)) return undefined;
    throw error;
  }
}

function parse(line: Buffer | undefined): unknown {
  try {
    return JSON.parse(line?.toString() ?? "");
  } catch {
    return undefined;
  }
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
