import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import * as fc from "fast-check";

import { embeddedJobQueue } from "../../src/state/embedded/job-queue.ts";
import { failureOf } from "../../src/core/errors.ts";
import { EVERYTHING } from "../../src/core/mail/filter.ts";
import { NO_PROGRESS, type Wish } from "../../src/core/export/job.ts";
import type { JobQueue } from "../../src/core/ports/job-queue.ts";
import { viewOf } from "../../src/surfaces/http/exports/export-view.ts";
import { manualClock } from "../../test/manual-clock.ts";
import type { Target } from "../target.ts";

const FILE = "exports.sqlite";
const WISHES: readonly Wish[] = ["pause", "resume", "cancel", "retry_failed"];

/** STATE_DIR/exports.sqlite; or, where the input is JSON, the job column of a row. */
export const queue: Target = {
  name: "queue",
  share: 20,
  async open(folder) {
    const path = join(folder, FILE);
    const clock = manualClock();
    const job = { id: "1", state: "queued", request: requestOf(0), progress: NO_PROGRESS, createdAt: 1, updatedAt: 2 };
    {
      const first = embeddedJobQueue(folder, clock);
      for (let n = 0; n < 12; n += 1) await first.add(requestOf(n));
      await first.close(); // the last to close brings all of the WAL into the file
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
        const opened = embeddedJobQueue(folder, clock);
        try {
          return await useAll(opened);
        } finally {
          await opened.close();
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
async function useAll(opened: JobQueue): Promise<string[]> {
  const told: string[] = [];
  const attempt = async (work: () => unknown): Promise<void> => {
    try {
      told.push(JSON.stringify((await work()) ?? null));
    } catch (error) {
      const failure = failureOf(error);
      if (!failure) throw error;
      told.push(failure.message);
    }
  };
  const listed = async () => (await opened.list(100)).exports;
  await attempt(async () => [...(await opened.counts())]);
  await attempt(async () => (await listed()).map(viewOf));
  await attempt(() => opened.add(requestOf(99)));
  await attempt(() => opened.signedIn("ada1@example.com"));
  await attempt(async () => {
    const lease = await opened.take();
    await lease?.beat(NO_PROGRESS);
    await lease?.release({ state: "completed" }, NO_PROGRESS);
  });
  for (const wish of WISHES)
    await attempt(async () => {
      for (const { id } of await listed()) await attempt(async () => viewOf(await opened.ask(id, wish)));
    });
  await attempt(async () => {
    for (const { id } of await listed()) await attempt(() => opened.remove(id));
  });
  return told;
}
