import { isUtf8 } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open as openFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

import { refuse } from "../../core/errors.ts";
import type { BatchEntry } from "../../core/manifest.ts";
import { publish } from "../private-file.ts";
import { CHUNK, lines, linesOf } from "./lines.ts";

/**
 * A batch file is a JSON array with one record per line:
 *
 *     [
 *     {"Message-ID":"18c2…",…},
 *     {"Message-ID":"18c1…",…}
 *     ]
 *
 * While it grows it is `emails_batch_N.json.part`, and what stands before its torn tail is the journal of what was exported.
 */
const OPEN = "[\n";
const BETWEEN = ",\n";
const CLOSE = "\n]\n";

/** For what is usually appended at once. */
const ROOM_BYTES = 1 << 20;

export function batchName(number: number): string {
  return `emails_batch_${number}.json`;
}

/** The number in `emails_batch_N.json` or its `.part`; undefined for any other name. */
export function batchNumber(name: string): { number: number; part: boolean } | undefined {
  const match = /^emails_batch_([1-9]\d{0,8})\.json(\.part)?$/.exec(name);
  return match ? { number: Number(match[1]), part: match[2] !== undefined } : undefined;
}

/** A batch being written. */
export type GrowingBatch = AsyncDisposable &
  Readonly<{
    readonly count: number;
    /** Appends records and makes them durable. After a failure only a recovery may say what is in the file. */
    append(records: readonly string[]): Promise<void>;
    /** Closes the array and gives the file its final name. */
    seal(): Promise<BatchEntry>;
  }>;

/** Begins batch `number`, or goes on behind what was found of it. */
export async function growBatch(folder: string, number: number, found?: FoundPart): Promise<GrowingBatch> {
  const path = join(folder, batchName(number));
  const part = `${path}.part`;
  const hash = found?.hash ?? createHash("sha256");
  let count = found?.count ?? 0;
  let bytes = found?.bytes ?? 0;
  const file = await openFile(part, found ? "r+" : "w", 0o600);
  if (found) await file.truncate(bytes);

  // One buffer for all that is written: large ones made anew live on until the next full garbage collection.
  let room = Buffer.allocUnsafe(ROOM_BYTES);
  const put = async (texts: readonly string[]): Promise<void> => {
    const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (size > room.length) room = Buffer.allocUnsafe(size);
    let end = 0;
    for (const text of texts) end += room.write(text, end);
    const chunk = room.subarray(0, end);
    await writeAll(file, chunk, bytes);
    hash.update(chunk);
    bytes += chunk.length;
  };

  /** Writing to a file that somebody removed succeeds, and keeps nothing. */
  const mustBeThere = async (): Promise<void> => {
    const { nlink } = await file.stat();
    if (nlink === 0)
      throw refuse(
        "disk",
        `${part} was removed while it was being written.`,
        "Start the same export again: what is no longer there is fetched again.",
      );
  };

  return {
    get count() {
      return count;
    },
    async append(records) {
      await put(records.flatMap((record, index) => [count + index === 0 ? OPEN : BETWEEN, record]));
      await file.datasync();
      await mustBeThere();
      count += records.length;
    },
    async seal() {
      await put([CLOSE]);
      await file.sync();
      await publish(part, path);
      return { file: batchName(number), count, bytes, sha256: hash.digest("hex") };
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function writeAll(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

/** What stands in a `.part` before its torn tail. */
export type FoundPart = Readonly<{ count: number; bytes: number; hash: Hash }>;

/**
 * Reads a `.part` up to the first line that is not a whole record: a crash may leave half a line, or blocks of zeros
 * where the system had not written yet. The beginning of an object is never itself a valid object, so a last record
 * whose comma was not written yet is told from a torn one by parsing it.
 */
export async function recoverPart(path: string, onRecord: (text: string) => void): Promise<FoundPart> {
  const hash = createHash("sha256");
  let count = 0;
  let bytes = 0;
  let more = true; // whether a record may follow: the line before ended in a comma
  for await (const line of lines(path)) {
    const text = line.bytes.toString();
    if (line.start === 0) {
      if (text !== "[" || !line.ended) break;
      continue;
    }
    const record = text.endsWith(",") && line.ended ? text.slice(0, -1) : text;
    if (!more || !isUtf8(line.bytes) || !isRecord(record)) break;
    hash.update(count === 0 ? OPEN : BETWEEN);
    hash.update(record);
    bytes = line.start + Buffer.byteLength(record);
    count += 1;
    more = record !== text;
    onRecord(record);
  }
  return { count, bytes, hash };
}

/** Reads a finished batch: every record's text, then the file's entry. `whole` is false when it is not laid out as written here. */
export async function scanBatch(
  path: string,
  file: string,
  onRecord: (text: string) => void,
): Promise<BatchEntry & { whole: boolean }> {
  const chunks = createReadStream(path, { highWaterMark: CHUNK });
  return { file, ...(await scanRecords(chunks, (line) => onRecord(line.toString()))) };
}

const COMMA = 0x2c;

/** The same of a batch's chunks, with each record's line and where it begins. */
export async function scanRecords(
  chunks: AsyncIterable<Buffer>,
  onRecord: (line: Buffer, start: number) => Promise<void> | void,
): Promise<Omit<BatchEntry, "file"> & { whole: boolean }> {
  const hash = createHash("sha256");
  let bytes = 0;
  let count = 0;
  let whole = true;
  let expect: "open" | "record" | "close" | "end" = "open";
  for await (const { bytes: line, start, ended } of linesOf(chunks, (chunk) => {
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

/** Ids have a thousand characters at most (sources/gmail-api/wire.ts), of which JSON may make six each. */
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
