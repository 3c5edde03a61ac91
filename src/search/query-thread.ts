import { DatabaseSync } from "node:sqlite";

import { ExportError } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { RecordPage, RecordPosition, RecordQuestion, RecordStatistics } from "../core/ports/records.ts";
import { serveThread, ThreadLost, workerThread } from "../threads/worker-thread.ts";
import { findPlace, type Place } from "./find-place.ts";
import { readPage } from "./read-page.ts";
import { readStatistics } from "./read-statistics.ts";

/** An ordinary question takes milliseconds; the most expensive one about a million messages some seconds. */
const LIMIT_MS = 10_000;

/** Questions that wait for their turn; one more is refused at once. */
const MOST_WAITING = 20;

const MEMORY_MB = 128;

const NAME = "gmail-export index reader";

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
  const thread = workerThread(clock, {
    program: import.meta.url,
    name: NAME,
    memoryMb: MEMORY_MB,
    limitMs: LIMIT_MS,
    limitBy: "clock",
    mostTurns: MOST_WAITING,
  });

  const query = async <T>(asked: Query): Promise<T> => {
    try {
      const told = await thread.takeTurn((ask) => ask<Reply<T>>(asked));
      if ("answer" in told) return told.answer;
      throw Object.assign(new Error(told.refused.message), { errcode: told.refused.errcode });
    } catch (error) {
      throw error instanceof ThreadLost && error.why !== "failed" ? tooSlow() : error;
    }
  };

  return {
    page: (file, question, limit, from) => query({ file, kind: "page", question, limit, from }),
    statistics: (file) => query({ file, kind: "statistics" }),
    place: (file, id) => query({ file, kind: "place", id }),
    close: () => thread.close(),
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

await serveThread(NAME, async () => ({
  answer(asked: Query, reply) {
    try {
      reply({ answer: runQuery(asked) } satisfies Reply<unknown>);
    } catch (error) {
      if (!(error instanceof Error && "errcode" in error)) throw error;
      reply({ refused: { message: error.message, errcode: error.errcode } } satisfies Reply<unknown>);
    }
  },
}));
