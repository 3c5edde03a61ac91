import { expect, test } from "vitest";

import { NO_PROGRESS, type ExportJob, type ExportState, type Forecast } from "../core/export/job.ts";
import type { JobQueue } from "../core/ports/job-queue.ts";
import { createLookAtWork } from "./all-work.ts";

const NEVER = new AbortController().signal;
const LIMITS = { tier: "2026", unitsPerMinute: 6_000, projectUnitsPerMinute: 1_200_000, concurrency: 4 } as const;

const FORECAST: Forecast = {
  unitsLeft: 60_000,
  messagesPerMinute: 250,
  unitsPerMinute: 5_000,
  unitsThisMinute: 5_100,
  unitsPerMinuteAllowed: 6_000,
  waitingUntil: null,
  finishAt: null,
};

function job(n: number, state: ExportState, more: Partial<ExportJob> = {}): ExportJob {
  const request = {
    account: `user${n}@example.com`,
    directory: `/data/${n}`,
    maxEmails: null,
    batchSize: 5_000,
    filter: { query: "", labels: [], includeSpamTrash: false },
  };
  return { id: `e${n}`, request, progress: NO_PROGRESS, createdAt: n, updatedAt: n, ...more, ...state };
}

/** Exports newest first, as the queue lists them; every look at the list is counted. */
function listOf(jobs: readonly ExportJob[]) {
  let pages = 0;
  const queue: Pick<JobQueue, "list" | "counts"> = {
    async list(limit, after) {
      pages += 1;
      const from = after?.serial ?? 0;
      const next = from + limit < jobs.length ? { createdAt: 0, serial: from + limit } : undefined;
      return { exports: jobs.slice(from, from + limit), next };
    },
    counts: async () =>
      new Map([...Map.groupBy(jobs, ({ state }) => state)].map(([state, all]) => [state, all.length])),
  };
  return { queue, pages: () => pages };
}

const clock = { now: () => 1_000_000 };
const looking = (jobs: readonly ExportJob[], mail: Readonly<Record<string, number>> = {}) => {
  const list = listOf(jobs);
  const look = createLookAtWork({
    queue: list.queue,
    counted: (account) =>
      mail[account] === undefined ? undefined : { messages: mail[account], conversations: mail[account] },
    limits: async () => LIMITS,
    clock,
  });
  return { look, pages: list.pages };
};

const running = (n: number, worker: string, more: Partial<ExportJob["progress"]> = {}): ExportJob =>
  job(
    n,
    { state: "running" },
    {
      worker: { id: worker, since: 500 - n },
      progress: { ...NO_PROGRESS, stage: "fetching", listed: 100, exported: 40, forecast: FORECAST, ...more },
    },
  );

test("who works on what, since when and how fast, of all workers together", async () => {
  const { look } = looking([running(1, "b/2"), running(2, "a/1"), running(3, "a/1"), job(4, { state: "paused" })]);
  const work = await look(NEVER);
  expect(work.workers.map(({ id, exports }) => [id, exports.map((one) => one.id)])).toEqual([
    ["a/1", ["e3", "e2"]],
    ["b/2", ["e1"]],
  ]);
  expect(work.workers[1]!.exports[0]).toMatchObject({ since: 499, done: 40, listed: 100, unitsLeft: 60_000 });
  expect(work.pace).toEqual({ unitsPerMinute: 15_000, unitsThisMinute: 15_300, unitsPerMinuteAllowed: 18_000 });
  expect(Object.fromEntries(work.states)).toEqual({ running: 3, paused: 1 });
});

test("what is left is what running exports say, what was counted of those that wait, and the mean of both for others", async () => {
  const waits = [job(4, { state: "queued" }), job(5, { state: "queued" }), job(6, { state: "paused" })];
  const { look } = looking([...waits, running(1, "a/1")], { "user4@example.com": 1_000, "user6@example.com": 9_000 });
  const { backlog, finishAt } = await look(NEVER);
  const [counted, says] = [20_010, 60_000];
  expect(backlog).toEqual({ exports: 3, units: counted + says + (counted + says) / 2, guessed: 1 });
  // One runs while others wait: one after the other.
  expect(finishAt).toBeCloseTo(clock.now() + (backlog.units / 6_000) * 60_000, 3);
});

test("an export that was begun has less to do by what it did, and one that asks for less has less", async () => {
  const begun = job(1, { state: "queued" }, { progress: { ...NO_PROGRESS, listed: 1_000, exported: 750 } });
  const newest = job(2, { state: "queued" });
  const some = { ...newest, request: { ...newest.request, maxEmails: 100 } };
  const units = async (one: ExportJob) =>
    (await looking([one], { "user1@example.com": 1_000, "user2@example.com": 1_000 }).look(NEVER)).backlog.units;
  expect(await units(begun)).toBeCloseTo(20_010 / 4);
  expect(await units(some)).toBeCloseTo(20_010 / 10);
});

test("nothing to do has no end, nor has what nothing is known of", async () => {
  expect((await looking([job(1, { state: "completed" })]).look(NEVER)).finishAt).toBeUndefined();
  const { backlog, finishAt } = await looking([job(1, { state: "queued" })]).look(NEVER);
  expect([backlog, finishAt]).toEqual([{ exports: 1, units: 0, guessed: 1 }, undefined]);
});

test("the list is read as far as live exports stand in it, and once for all who ask", async () => {
  const history = Array.from({ length: 2_000 }, (_, n) => job(n, { state: "completed" }));
  const { look, pages } = looking([running(9_001, "a/1"), ...history]);
  await Promise.all([look(NEVER), look(NEVER), look(NEVER)]);
  expect(pages()).toBe(1);
  const far = looking([...history, running(9_001, "a/1")]);
  expect((await far.look(NEVER)).workers).toHaveLength(1);
  expect(far.pages()).toBe(11);
});
