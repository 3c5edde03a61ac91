import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";

import type { FoundBatch, OpenGrowing, ReadBatches } from "../core/ports/records.ts";
import { readEntry, type Entry } from "./read-entry.ts";
import { atomically, retryWhenBusy } from "./schema.ts";

/** Between two of these everything else in the process has its turn: some milliseconds of work. */
const SLICE_RECORDS = 64;
const SLICE_CHARACTERS = 64 << 10;

/** More than any batch holds; 2^53 leaves room for 2^29 batches. */
export const RECORDS_PER_BATCH = 2 ** 24;

type IndexedLine = Readonly<{ entry: Entry; place: number; start: number; length: number }>;

export type IndexWriter = ReturnType<typeof createIndexWriter>;

/** Puts batches into an index and takes them out, in short transactions: other processes may do the same meanwhile. */
export function createIndexWriter(database: DatabaseSync) {
  const known = database.prepare("SELECT number, stamp, expected, sha256 FROM batch");
  const stampOf = database.prepare("SELECT stamp FROM batch WHERE number = ?");
  const begin = database.prepare("INSERT OR REPLACE INTO batch (number, stamp) VALUES (?, ?)");
  const end = database.prepare("UPDATE batch SET expected = ?, sha256 = ? WHERE number = ? AND stamp = ?");
  const forget = database.prepare("DELETE FROM batch WHERE number = ?");
  const senderNumber = database.prepare(`
    INSERT INTO sender (address, name) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET name = CASE name WHEN '' THEN excluded.name ELSE name END RETURNING number`);
  const labelsNumber = database.prepare(
    "INSERT INTO labels (ids, names) VALUES (?, ?) ON CONFLICT DO UPDATE SET ids = ids RETURNING number",
  );
  const insert = database.prepare(`
    INSERT INTO record
      (number, id, thread_id, date, sender, "from", "to", subject, snippet, labels, size, attachments, start, length)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertWords = database.prepare(
    "INSERT INTO words (rowid, sender, recipients, subject, snippet) VALUES (?, ?, ?, ?, ?)",
  );
  const some = database.prepare("SELECT number FROM record WHERE number >= ? AND number < ? LIMIT ?");
  const removeRecord = database.prepare("DELETE FROM record WHERE number = ?");
  const removeWords = database.prepare("DELETE FROM words WHERE rowid = ?");
  const lastOf = database.prepare(
    "SELECT number, id, start, length FROM record WHERE number >= ? AND number < ? ORDER BY number DESC LIMIT 1",
  );

  const write = <T>(work: () => T): Promise<T> => retryWhenBusy(() => atomically(database, work));

  const add = (batch: number, { entry, place, start, length }: IndexedLine): void => {
    const { sender, searched } = entry;
    const number = batch * RECORDS_PER_BATCH + place;
    remove(number); // what was read when the batch still grew, or by another process
    insert.run(
      number,
      entry.id,
      entry.threadId,
      entry.date,
      senderNumber.get(sender.address, sender.name)!["number"]!,
      entry.from,
      entry.to,
      entry.subject,
      entry.snippet,
      labelsNumber.get(JSON.stringify(entry.labels), JSON.stringify(entry.labelNames))!["number"]!,
      entry.size,
      entry.attachments,
      start,
      length,
    );
    insertWords.run(number, searched.sender, searched.recipients, searched.subject, searched.snippet);
  };

  const remove = (number: SQLInputValue): void => {
    if (removeRecord.run(number).changes > 0) removeWords.run(number);
  };

  /** Takes out a batch's records from a place on. */
  const clear = async (batch: number, signal: AbortSignal, from = 0): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      const removed = await write(() => {
        const rows = some.all(batch * RECORDS_PER_BATCH + from, (batch + 1) * RECORDS_PER_BATCH, SLICE_RECORDS);
        for (const { number } of rows) remove(number!);
        return rows.length;
      });
      if (removed < SLICE_RECORDS) return;
      await yieldToEventLoop();
    }
  };

  /** Puts records into a batch from a place on, a slice at a time, for as long as `isOurs`. */
  const sliced = (batch: number, from: number, isOurs: () => boolean, signal: AbortSignal) => {
    let slice: IndexedLine[] = [];
    let characters = 0;
    let place = from;
    const flush = async (): Promise<void> => {
      const ready = slice;
      [slice, characters] = [[], 0];
      // Another process may have found a newer file of this number meanwhile: then this one's records must not get among its.
      await write(() => {
        if (isOurs()) for (const placed of ready) add(batch, placed);
      });
      await yieldToEventLoop();
      signal.throwIfAborted();
    };
    return {
      get place() {
        return place;
      },
      flush,
      put(entry: Entry, start: number, length: number): Promise<void> | undefined {
        slice.push({ entry, place: place++, start, length });
        characters += Object.values(entry.searched).reduce((sum, text) => sum + text.length, 0);
        return slice.length === SLICE_RECORDS || characters > SLICE_CHARACTERS ? flush() : undefined;
      },
    };
  };

  /** Reads on behind what is there; false when the file does not have what was read of it. */
  const goOn = async (number: number, stamp: string, file: OpenGrowing, signal: AbortSignal): Promise<boolean> => {
    const isOurs = (): boolean => stampOf.get(number)?.["stamp"] === GROWING;
    const last = lastOf.get(number * RECORDS_PER_BATCH, (number + 1) * RECORDS_PER_BATCH);
    const records = sliced(number, last ? (Number(last["number"]) % RECORDS_PER_BATCH) + 1 : 0, isOurs, signal);
    let agrees = last === undefined;
    for await (const { line, start } of file.read(Number(last?.["start"] ?? 0), signal)) {
      const entry = readEntry(line);
      if (!agrees) {
        agrees = entry?.id === last?.["id"] && line.length === last?.["length"];
        if (!agrees) break;
      } else if (entry && records.place < RECORDS_PER_BATCH) await records.put(entry, start, line.length);
      else break; // the finished file will not be sound either
    }
    await records.flush();
    await write(() => end.run(stamp, null, number, GROWING));
    return agrees;
  };

  return {
    /** What became of the batches that were found: each is in the index, or known not to be what was written, or still to be read. */
    progress(found: readonly FoundBatch[]) {
      const rows = new Map(known.all().map((row) => [Number(row["number"]), row]));
      const missing: FoundBatch[] = [];
      let sound = 0;
      for (const batch of found) {
        const row = rows.get(batch.number);
        rows.delete(batch.number);
        const isSame = row?.["stamp"] === batch.stamp;
        if (batch.growing) {
          if (row?.["stamp"] !== GROWING || row["expected"] !== batch.stamp) missing.push(batch);
        } else if (isSame && row["sha256"] !== null && row["sha256"] === (batch.sha256 ?? row["sha256"])) sound += 1;
        else if (!(isSame && row["expected"] === (batch.sha256 ?? UNNAMED))) missing.push(batch);
      }
      return { sound, missing, vanished: [...rows.keys()] };
    },

    /** Reads a batch into the index. Its records can be seen as they come, and are taken out again when it proves not to be sound. */
    async add(path: string, batch: FoundBatch, read: ReadBatches["read"], signal: AbortSignal): Promise<void> {
      const { number, stamp } = batch;
      // What another process has put in of this very file stays; anything else of this number goes.
      const isOurs = (): boolean => stampOf.get(number)?.["stamp"] === stamp;
      // So does what was read while it grew, until its finished lines take its place: nobody sees it go.
      if (!isOurs() && stampOf.get(number)?.["stamp"] !== GROWING) await clear(number, signal);
      await write(() => begin.run(number, stamp));

      const records = sliced(number, 0, isOurs, signal);
      let sound = true;
      const found = await read(
        path,
        batch,
        (line, start) => {
          const entry = readEntry(line);
          if (entry && records.place < RECORDS_PER_BATCH) return records.put(entry, start, line.length);
          sound = false;
        },
        signal,
      );
      await records.flush();
      const sha256 = sound && found?.whole && (batch.sha256 ?? found.sha256) === found.sha256 ? found.sha256 : null;
      if (isOurs()) await clear(number, signal, sha256 === null ? 0 : records.place);
      await write(() => end.run(batch.sha256 ?? UNNAMED, sha256, number, stamp));
    },

    /**
     * Reads what has come to a batch that grows. What was read before stays where its last record still stands where it
     * stood: nothing before the end of such a file is ever changed, but after a power cut the end may be another.
     * False when the batch grows no more.
     */
    async addGrowing(
      path: string,
      { number, stamp, file }: FoundBatch,
      openGrowing: ReadBatches["openGrowing"],
      signal: AbortSignal,
    ): Promise<boolean> {
      await using open = await openGrowing(path, { file });
      if (!open) return false;
      const isBegun = stampOf.get(number)?.["stamp"] === GROWING;
      if (isBegun && (await goOn(number, stamp, open, signal))) return true;
      await clear(number, signal);
      await write(() => begin.run(number, GROWING));
      await goOn(number, stamp, open, signal);
      return true;
    },

    async remove(number: number, signal: AbortSignal): Promise<void> {
      await clear(number, signal);
      await write(() => forget.run(number));
    },
  };
}

/** In place of the stamp of a batch that grows; `expected` is then the stamp of what was read last. */
export const GROWING = "growing";

/** In place of the hash of a batch that the manifest does not name. */
const UNNAMED = "";
