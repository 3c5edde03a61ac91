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

/**
 * Reads a batch that grows up to the first line that is not a whole record: a crash may leave half a line, or blocks of zeros
 * where the system had not written yet. The beginning of an object is never itself a valid object, so a last record
 * whose comma was not written yet is told from a torn one by parsing it.
 */
export async function recoverPart(chunks: AsyncIterable<Buffer>, onRecord: (text: string) => void): Promise<FoundPart> {
  const hash = createHash("sha256");
  let count = 0;
  let bytes = 0;
  let more = true; // whether a record may follow: the line before ended in a comma
  for await (const line of linesIn(chunks)) {
    const text = line.bytes.toString();
    if (line.start === 0) {
      if (text !== "[" || !line.ended) break;
      continue;
    }
    const record = text.endsWith(",") && line.ended ? text.slice(0, -1) : text;
    if (!more || !isUtf8(line.bytes) || !isRecord(record)) break;
    hash.update(batchLine(record, count));
    bytes = line.start + Buffer.byteLength(record);
    count += 1;
    more = record !== text;
    onRecord(record);
  }
  return { count, bytes, hash };
}

const COMMA = 0x2c;

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
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
