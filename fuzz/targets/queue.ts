import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import * as fc from "fast-check";

import { failureOf } from "../../src/core/errors.ts";
import { NO_PROGRESS, type Wish } from "../../src/core/export/job.ts";
import { EVERYTHING } from "../../src/core/mail/filter.ts";
import { openJobDatabase, type JobDatabase } from "../../src/state/embedded/job-database.ts";
import { viewOf } from "../../src/surfaces/http/exports/export-view.ts";
import { manualClock } from "../../test/manual-clock.ts";
import type { Target } from "../target.ts";

const FILE = "exports.sqlite";
const WISHES: readonly Wish[] = ["pause", "resume", "cancel", "retry_failed"];

/**
 * STATE_DIR/exports.sqlite; or, where the input is JSON, the job column of a row. Without the thread that has it in the
 * program: to start one for each case takes longer than the case.
 */
export const queue: Target = {
  name: "queue",
  share: 20,
  async open(folder) {
    const path = join(folder, FILE);
    const now = manualClock().now();
    const job = { id: "1", state: "queued", request: requestOf(0), progress: NO_PROGRESS, createdAt: 1, updatedAt: 2 };
    {
      const first = openJobDatabase(path);
      for (let n = 0; n < 12; n += 1) first.add(requestOf(n), now);
      first.close(); // the last to close brings all of the WAL into the file
    }
    const good = await readFile(path);
    return {
      seeds: [good, good, good, Buffer.from(JSON.stringify(job))],
      shapes: fc
        .record({ createdAt: fc.double(), updatedAt: fc.maxSafeInteger(), until: fc.double(), failure: fc.jsonValue() })
        .map((fields) => JSON.stringify({ ...job, ...fields, state: "waiting" })),
      async feed(input) {
        await rm(folder, { recursive: true }); // what SQLite keeps beside the file too
        await mkdir(folder);
        const isRow = input[0] === 0x7b;
        await writeFile(path, isRow ? good : input);
        if (isRow) putRow(path, input.toString());
        const opened = openJobDatabase(path);
        try {
          return useAll(opened, now);
        } finally {
          opened.close();
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

function putRow(path: string, column: string): void {
  const database = new DatabaseSync(path);
  database.prepare("UPDATE export SET job = ? WHERE rowid = 1").run(column);
  database.close();
}

const requestOf = (n: number) => ({
  account: `ada${n}@example.com`,
  directory: `/data/${n}`,
  maxEmails: null,
  batchSize: 5,
  filter: EVERYTHING,
});

/** Everything that the server asks of it, each for itself: one failure is no reason not to try the next. */
function useAll(opened: JobDatabase, now: number): string[] {
  const told: string[] = [];
  const attempt = (work: () => unknown): void => {
    try {
      told.push(JSON.stringify(work() ?? null));
    } catch (error) {
      const failure = failureOf(error);
      if (!failure) throw error;
      told.push(failure.message);
    }
  };
  const listed = () => opened.list(100, undefined).exports;
  attempt(() => [...opened.counts()]);
  attempt(() => listed().map(viewOf));
  attempt(() => opened.add(requestOf(99), now));
  attempt(() => opened.signedIn("ada1@example.com", now));
  attempt(() => {
    const taken = opened.take("worker", now);
    if (!taken) return;
    opened.beat(taken, NO_PROGRESS, now);
    opened.release(taken, { state: "completed" }, NO_PROGRESS, now);
  });
  for (const wish of WISHES)
    attempt(() => {
      for (const { id } of listed()) attempt(() => viewOf(opened.ask(id, wish, now)));
    });
  attempt(() => {
    for (const { id } of listed()) attempt(() => opened.remove(id, now));
  });
  return told;
}
