import { createHash } from "node:crypto";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

import { refuse } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { FoundBatch, IndexState, ReadBatches, Records, IndexedExport } from "../core/ports/records.ts";
import { idOf } from "../formats/batch.ts";
import { createIndexWriter, GROWING, type IndexWriter } from "./index-writer.ts";
import { queryThread, type QueryThread } from "./query-thread.ts";
import { isBroken, openIndex, removeIndex, retryWhenBusy } from "./schema.ts";

/** How long a call waits for what is not indexed yet. */
const PATIENCE_MS = 1_000;

/** Indexes that stay open: those looked at last. */
const MOST_OPEN = 8;

type Found = NonNullable<Awaited<ReturnType<ReadBatches["find"]>>>;

/** The index of one directory, open. */
type Open = {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly writer: IndexWriter;
  /** The batches as they were found last. */
  found: readonly FoundBatch[];
  /** Calls and work that need it open. */
  users: number;
  /** What brings it up to date, shared by all calls; undefined when nothing does. Never rejects. */
  work: Promise<void> | undefined;
  /** Why it ended early: told to the next call that looks. */
  failure: Error | undefined;
};

/**
 * An index of what was exported, one SQLite file a directory under `folder` (docs/adr/0009). It is derived: it may be
 * removed at any time, and is made anew where it does not agree with the batches. Filled here in small steps, asked in
 * a thread, which is closed with it.
 */
export function indexedRecords(
  folder: string,
  batches: ReadBatches,
  clock: Clock,
  thread: QueryThread = queryThread(clock),
): Records {
  const closing = new AbortController();
  const open = new Map<string, Open>();

  /** The index of the directory at `path`, which is its own: links followed. */
  const indexOf = (path: string): Open => {
    const known = open.get(path);
    if (known) {
      open.delete(path);
      open.set(path, known); // the last one used is the last to be closed
      return known;
    }
    closing.signal.throwIfAborted();
    const unused = [...open.values()].filter(({ users }) => users === 0);
    for (const index of unused.slice(0, Math.max(0, open.size + 1 - MOST_OPEN))) closeIndex(index);
    const made: Open = {
      path,
      ...openIndex(fileOf(path), createIndexWriter),
      found: [],
      users: 0,
      work: undefined,
      failure: undefined,
    };
    open.set(path, made);
    return made;
  };

  const fileOf = (path: string): string =>
    join(folder, `${createHash("sha256").update(path).digest("hex").slice(0, 32)}.sqlite`);

  const closeIndex = (index: Open): void => {
    open.delete(index.path);
    index.database.close();
  };

  /** Reads what is missing, until all that was found last is settled. */
  const bringUpToDate = async (index: Open): Promise<void> => {
    for (;;) {
      const { missing, vanished } = index.writer.progress(index.found);
      const [batch] = missing;
      if (vanished[0] !== undefined) await index.writer.remove(vanished[0], closing.signal);
      else if (!batch) return;
      else if (!batch.growing) await index.writer.add(index.path, batch, batches.read, closing.signal);
      // What was finished meanwhile is found by the next call.
      else if (!(await index.writer.addGrowing(index.path, batch, batches.openGrowing, closing.signal))) return;
    }
  };

  const workOn = (index: Open): Promise<void> => {
    if (index.work) return index.work;
    index.users += 1;
    const work = bringUpToDate(index)
      .catch((error: unknown) => {
        index.failure = error instanceof Error ? error : new Error("indexing broke off", { cause: error });
      })
      .finally(() => {
        index.users -= 1;
        index.work = undefined;
      });
    return (index.work = work);
  };

  /** Resolves when the work is done or patience is at its end. */
  const wait = async (work: Promise<void>): Promise<void> => {
    const enough = new AbortController();
    const limit = clock.sleep(PATIENCE_MS, enough.signal).catch(() => {});
    try {
      await Promise.race([work, limit]);
    } finally {
      enough.abort();
    }
  };

  /** What `answer` finds in the index once that had its time to grow; undefined when nothing there is the export's. */
  const lookInto = async <T>(
    of: IndexedExport,
    answer: (file: string, there: Found) => Promise<T>,
  ): Promise<{ state: IndexState; answer: T | undefined }> => {
    const there = await batches.find(of);
    if (!there) return { state: { files: 0, of: 0, complete: true }, answer: undefined };
    return reportIndexErrors(async () => {
      const index = await retryWhenBusy(() => indexOf(there.path));
      index.found = there.batches;
      index.users += 1;
      try {
        const { missing, vanished } = index.writer.progress(there.batches);
        if (missing.length + vanished.length > 0) await wait(workOn(index));
        const { failure } = index;
        index.failure = undefined;
        if (failure) throw failure;
        const { sound, missing: left } = index.writer.progress(there.batches);
        const finished = there.batches.filter(({ growing }) => !growing);
        const state = { files: sound, of: finished.length, complete: left.length === 0 };
        return { state, answer: await answer(fileOf(there.path), there) };
      } catch (error) {
        if (isBroken(error) && open.delete(there.path)) {
          index.database.close();
          removeIndex(fileOf(there.path)); // the next call makes it anew
        }
        throw error;
      } finally {
        index.users -= 1;
      }
    });
  };

  return {
    async page(of, question, limit, from) {
      const { state, answer } = await lookInto(of, (file) => thread.page(file, question, limit, from));
      return { index: state, ...(answer ?? { total: 0, records: [], next: undefined }) };
    },
    async statistics(of) {
      const { state, answer } = await lookInto(of, (file) => thread.statistics(file));
      return { index: state, ...(answer ?? NOTHING) };
    },
    async line(of, id) {
      const { state, answer } = await lookInto(of, async (file, there) => {
        const place = await thread.place(file, id);
        const batch = there.batches.find(({ number }) => number === place?.batch);
        return place && batch && { ...place, path: there.path, found: batch };
      });
      if (!answer) return { index: state, line: undefined };
      const { path, found, stamp, start, length } = answer;
      const { file } = found;
      const growing = stamp === GROWING;
      const line = await batches.bytes(path, { file, growing, stamp }, start, length);
      // No stamp holds what grows to what was read.
      if (growing && idOf(line.toString())?.id !== id) throw changedMeanwhile(path, file);
      return { index: state, line, directory: path, batch: found.number };
    },
    async close() {
      closing.abort();
      await thread.close();
      for (const index of open.values()) {
        await index.work;
        closeIndex(index);
      }
    },
  };
}

const NOTHING = { messages: 0, bytes: 0, attachments: 0, months: [], senders: [], sizes: [], labels: [] };

function changedMeanwhile(path: string, file: string): Error {
  return refuse(
    "directory_damaged",
    `${path}/${file} changed while it was being read.`,
    "Ask again, in case it was just replaced; if that does not help, `gmail-export verify` names what is wrong in the directory.",
  );
}

/** What SQLite or the file system refuses becomes a `disk` failure. */
async function reportIndexErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && ("syscall" in error || "errcode" in error))) throw error;
    throw refuse(
      "disk",
      "The index of what was exported cannot be kept under STATE_DIR.",
      "See that there is room and that this user may write there, then ask again. Exports on disk are not touched.",
      { cause: error },
    );
  }
}
