import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { parentPort, Worker, workerData, type MessagePort } from "node:worker_threads";

import { ExportError } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { RecordPage, RecordPosition, RecordQuestion, RecordStatistics } from "../core/ports/records.ts";
import { readPage } from "./read-page.ts";
import { findPlace, type Place } from "./find-place.ts";
import { readStatistics } from "./read-statistics.ts";

/** An ordinary question takes milliseconds; the most expensive one about a million messages some seconds. */
const LIMIT_MS = 10_000;

/** Questions that wait for their turn; one more is refused at once. */
const MOST_WAITING = 20;

/** The thread stays this long after a question, for the next one often follows; then its memory is given back. */
const IDLE_MS = 30_000;

const MEMORY_MB = 128;

type Page = Omit<RecordPage, "index">;
type Statistics = Omit<RecordStatistics, "index">;

/**
 * Asks the index in a file. Each throws `timeout` when it takes longer than ten seconds, or when many wait already, and
 * what SQLite says.
 */
export type QueryThread = Readonly<{
  page(file: string, question: RecordQuestion, limit: number, from: RecordPosition | undefined): Promise<Page>;
  statistics(file: string): Promise<Statistics>;
  place(file: string, id: string): Promise<Place | undefined>;
  close(): Promise<void>;
}>;

type Query = Readonly<{ file: string }> &
  (
    | Readonly<{ kind: "page"; question: RecordQuestion; limit: number; from: RecordPosition | undefined }>
    | Readonly<{ kind: "statistics" }>
    | Readonly<{ kind: "place"; id: string }>
  );
type Reply<T> = Readonly<{ answer: T } | { refused: Readonly<{ message: string; errcode: unknown }> }>;

/** Reads indexes beside the thread that paces exports and answers requests: one question after the other. */
export function queryThread(clock: Clock): QueryThread {
  let worker: Worker | undefined;
  let ending: Promise<unknown> = Promise.resolve();
  let idle = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const start = async (): Promise<Worker> => {
    const made = new Worker(new URL(import.meta.url), {
      workerData: READER,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    made.on("error", () => {}); // heard where its answer is waited for
    made.unref();
    await once(made, "message"); // it is there
    return made;
  };

  /** SQLite ends its step first. */
  const stop = async (): Promise<void> => {
    if (worker) ending = worker.terminate();
    worker = undefined;
    await ending;
  };

  const ask = async <T>(asked: Query): Promise<T> => {
    idle.abort();
    if (!worker) {
      await ending; // never more than one
      worker = await start();
    }
    const enough = new AbortController();
    const { signal } = enough;
    try {
      const answered = once(worker, "message", { signal }).then(([told]): Reply<T> => told);
      worker.postMessage(asked, []);
      const told = await Promise.race([answered, clock.sleep(LIMIT_MS, signal).then(() => undefined)]);
      if (!told) throw tooSlow();
      if ("answer" in told) return told.answer;
      throw Object.assign(new Error(told.refused.message), { errcode: told.refused.errcode });
    } catch (error) {
      if (!(error instanceof Error && "errcode" in error)) void stop(); // it still works, or is no more
      throw error;
    } finally {
      enough.abort();
      idle = new AbortController();
      clock.sleep(IDLE_MS, idle.signal).then(stop, () => {});
    }
  };

  const queryInTurn = <T>(asked: Query): Promise<T> => {
    if (waiting >= MOST_WAITING) return Promise.reject(tooSlow());
    waiting += 1;
    const mine = last.then(() => ask<T>(asked)).finally(() => (waiting -= 1));
    last = mine.catch(() => {});
    return mine;
  };

  return {
    page: (file, question, limit, from) => queryInTurn({ file, kind: "page", question, limit, from }),
    statistics: (file) => queryInTurn({ file, kind: "statistics" }),
    place: (file, id) => queryInTurn({ file, kind: "place", id }),
    async close() {
      await last;
      idle.abort();
      await stop();
    },
  };
}

function tooSlow(): ExportError {
  return new ExportError({
    code: "timeout",
    retry: "backoff",
    message: "What was exported could not be looked through in time.",
    next: "Search for fewer or longer words, or ask again in a moment.",
  });
}

/** Tells this file, as a worker's program, that it is ours. */
const READER = "gmail-export index reader";

/** Opened for each question, which takes a millisecond: an index that was made anew meanwhile is another file. */
function runQuery(asked: Query): Page | Statistics | Place | undefined {
  const database = new DatabaseSync(asked.file, { readOnly: true, timeout: 1_000 });
  try {
    switch (asked.kind) {
      case "page":
        return readPage(database, asked.question, asked.limit, asked.from);
      case "statistics":
        return readStatistics(database);
      case "place":
        return findPlace(database, asked.id);
    }
  } finally {
    database.close();
  }
}

function serve(port: MessagePort): void {
  port.on("message", (asked: Query) => {
    try {
      port.postMessage({ answer: runQuery(asked) } satisfies Reply<unknown>);
    } catch (error) {
      if (!(error instanceof Error && "errcode" in error)) throw error;
      port.postMessage({ refused: { message: error.message, errcode: error.errcode } } satisfies Reply<unknown>);
    }
  });
  port.postMessage("ready");
}

if (parentPort && workerData === READER) serve(parentPort);
