import { isUtf8 } from "node:buffer";
import { createHash, type Hash } from "node:crypto";

import type { BatchEntry } from "../core/export/manifest.ts";
import { linesIn } from "./lines.ts";

/**
 * A batch file is a JSON array with one record per line:
 *
 *     [
 *     {"Message-ID":"18c2…",…},
 *     {"Message-ID":"18c1…",…}
 *     ]
 *
 * While it grows, what stands before its torn tail is the journal of what was exported.
 */
const OPEN = "[\n";
const BETWEEN = ",\n";
export const BATCH_END = "\n]\n";

/** What a record's line is appended as, behind `count` others. */
export function batchLine(record: string, count: number): string {
  return (count === 0 ? OPEN : BETWEEN) + record;
}

export function batchName(number: number): string {
  return `emails_batch_${number}.json`;
}

/** The number in `emails_batch_N.json` or its `.part`; undefined for any other name. */
export function batchNumber(name: string): { number: number; part: boolean } | undefined {
  const match = /^emails_batch_([1-9]\d{0,8})\.json(\.part)?$/.exec(name);
  return match ? { number: Number(match[1]), part: match[2] !== undefined } : undefined;
}

/** What stands in a batch that grows before its torn tail; `hash` goes on behind it. */
export type FoundPart = Readonly<{ count: number; bytes: number; hash: Hash }>;

/** Reads what stands in a batch that grows before its torn tail. */
export async function recoverPart(chunks: AsyncIterable<Buffer>, onRecord: (text: string) => void): Promise<FoundPart> {
  const hash = createHash("sha256");
  let count = 0;
  let bytes = 0;
  for await (const { line, start, text } of recordsInPart(chunks, 0)) {
    hash.update(batchLine(text, count));
    bytes = start + line.length;
    count += 1;
    onRecord(text);
  }
  return { count, bytes, hash };
}

/** A record's line in a batch, and where in the file it begins. */
export type RecordInPart = Readonly<{ line: Buffer; start: number; text: string }>;

/**
 * The records of a batch that grows, up to the first line that is not a whole one: a crash may leave half a line, or
 * blocks of zeros where the system had not written yet. The beginning of an object is never itself a valid object, so a
 * last record whose comma was not written yet is told from a torn one by parsing it. The chunks begin at byte `from`,
 * where a record does, or the file.
 */
export async function* recordsInPart(chunks: AsyncIterable<Buffer>, from: number): AsyncGenerator<RecordInPart> {
  let more = true; // whether a record may follow: the line before ended in a comma
  for await (const { bytes, start: behind, ended } of linesIn(chunks)) {
    const start = from + behind;
    const text = bytes.toString();
    if (start === 0) {
      if (text !== "[" || !ended) return;
      continue;
    }
    const record = text.endsWith(",") && ended ? text.slice(0, -1) : text;
    if (!more || !isUtf8(bytes) || !isRecord(record)) return;
    more = record !== text;
    yield { line: more ? bytes.subarray(0, -1) : bytes, start, text: record };
  }
}

const COMMA = 0x2c;
const BRACE = 0x7b;

/**
 * Reads a finished batch: each record's line and where it begins, then what the manifest says of such a file. `whole` is
 * false when it is not laid out as written here.
 */
export async function scanRecords(
  chunks: AsyncIterable<Buffer>,
  onRecord: (line: Buffer, start: number) => Promise<void> | void,
): Promise<Omit<BatchEntry, "file"> & { whole: boolean }> {
  const hash = createHash("sha256");
  let bytes = 0;
  let count = 0;
  let whole = true;
  let expect: "open" | "record" | "close" | "end" = "open";
  for await (const { bytes: line, start, ended } of linesIn(chunks, (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  })) {
    if (expect === "open") {
      whole &&= line.equals(Buffer.from("["));
      expect = "record";
    } else if (expect === "record") {
      const more = line.at(-1) === COMMA;
      await onRecord(more ? line.subarray(0, -1) : line, start);
      count += 1;
      expect = more ? "record" : "close";
    } else {
      whole &&= expect === "close" && line.equals(Buffer.from("]")) && ended;
      expect = "end";
    }
  }
  return { count, bytes, sha256: hash.digest("hex"), whole: whole && expect === "end" };
}

/** The line of each record in a finished batch that is laid out as it was written; `onChunk` sees all bytes as they pass. */
export async function* recordLines(
  chunks: AsyncIterable<Buffer>,
  onChunk?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  for await (const { bytes: line } of linesIn(chunks, onChunk))
    if (line[0] === BRACE) yield line.at(-1) === COMMA ? line.subarray(0, -1) : line;
}

/** Ids have a thousand characters at most (sources/gmail-api/calls/wire.ts), of which JSON may make six each. */
const ID = /^\{"Message-ID":("(?:[^"\\]|\\.){1,6000}"),"Thread-ID":("(?:[^"\\]|\\.){0,6000}")/;

/** Message and thread id of a record line, without parsing all of it; undefined when it is no record. */
export function idOf(record: string): { id: string; threadId: string } | undefined {
  const [, id = "", threadId = ""] = (ID.exec(record) ?? []).map(textOf);
  return id === "" ? undefined : { id, threadId };
}

/** What a JSON string says; "" when it is none, as on a damaged disk. */
function textOf(json: string): string {
  const value = isJson(json) ? JSON.parse(json) : "";
  return typeof value === "string" ? value : "";
}

/** Whether a line, without its comma, is a record as it was written: nothing of it was lost. */
export function isRecord(line: string): boolean {
  return idOf(line) !== undefined && isJson(line);
}

function isJson(text: string): boolean {
  return parseRecord(text) !== undefined;
}

/** What a record's line says; undefined when it is not JSON, as on a damaged disk: the parser's own error quotes mail. */
export function parseRecord(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
