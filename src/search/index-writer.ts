import type { DatabaseSync } from "node:sqlite";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";

import type { FoundBatch, ReadBatches } from "../core/ports/records.ts";
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
    INSERT OR IGNORE INTO record
      (number, id, thread_id, date, sender, "from", "to", subject, snippet, labels, size, attachments, start, length)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertWords = database.prepare(
    "INSERT INTO words (rowid, sender, recipients, subject, snippet) VALUES (?, ?, ?, ?, ?)",
  );
  const some = database.prepare("SELECT number FROM record WHERE number >= ? AND number < ? LIMIT ?");
  const removeRecord = database.prepare("DELETE FROM record WHERE number = ?");
  const removeWords = database.prepare("DELETE FROM words WHERE rowid = ?");

  const write = <T>(work: () => T): Promise<T> => retryWhenBusy(() => atomically(database, work));

  const add = (batch: number, { entry, place, start, length }: IndexedLine): void => {
    const { sender, searched } = entry;
    const number = batch * RECORDS_PER_BATCH + place;
    const { changes } = insert.run(
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
    if (changes > 0) insertWords.run(number, searched.sender, searched.recipients, searched.subject, searched.snippet);
  };

  const clear = async (batch: number, signal: AbortSignal): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      const removed = await write(() => {
        const rows = some.all(batch * RECORDS_PER_BATCH, (batch + 1) * RECORDS_PER_BATCH, SLICE_RECORDS);
        for (const { number } of rows) {
          removeWords.run(number!);
          removeRecord.run(number!);
        }
        return rows.length;
      });
      if (removed < SLICE_RECORDS) return;
      await yieldToEventLoop();
    }
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
        if (isSame && row["sha256"] !== null && row["sha256"] === (batch.sha256 ?? row["sha256"])) sound += 1;
        else if (!(isSame && row["expected"] === (batch.sha256 ?? UNNAMED))) missing.push(batch);
      }
      return { sound, missing, vanished: [...rows.keys()] };
    },

    /** Reads a batch into the index. Its records can be seen as they come, and are taken out again when it proves not to be sound. */
    async add(path: string, batch: FoundBatch, read: ReadBatches["read"], signal: AbortSignal): Promise<void> {
      const { number, stamp } = batch;
      // What another process has put in of this very file stays; anything else of this number goes.
      const isOurs = (): boolean => stampOf.get(number)?.["stamp"] === stamp;
      if (!isOurs()) await clear(number, signal);
      await write(() => begin.run(number, stamp));

      let slice: IndexedLine[] = [];
      let characters = 0;
      let place = 0;
      let sound = true;
      const flush = async (): Promise<void> => {
        const ready = slice;
        [slice, characters] = [[], 0];
        // Another process may have found a newer file of this number meanwhile: then this one's records must not get among its.
        await write(() => {
          if (isOurs()) for (const placed of ready) add(number, placed);
        });
        await yieldToEventLoop();
        signal.throwIfAborted();
      };
      const found = await read(
        path,
        batch,
        (line, start) => {
          const entry = readEntry(line);
          if (!entry || place === RECORDS_PER_BATCH) {
            sound = false;
            return;
          }
          slice.push({ entry, place: place++, start, length: line.length });
          characters += Object.values(entry.searched).reduce((sum, text) => sum + text.length, 0);
          if (slice.length === SLICE_RECORDS || characters > SLICE_CHARACTERS) return flush();
        },
        signal,
      );
      await flush();
      const sha256 = sound && found?.whole && (batch.sha256 ?? found.sha256) === found.sha256 ? found.sha256 : null;
      if (sha256 === null && isOurs()) await clear(number, signal);
      await write(() => end.run(batch.sha256 ?? UNNAMED, sha256, number, stamp));
    },

    async remove(number: number, signal: AbortSignal): Promise<void> {
      await clear(number, signal);
      await write(() => forget.run(number));
    },
  };
}

/** In place of the hash of a batch that the manifest does not name. */
const UNNAMED = "";
