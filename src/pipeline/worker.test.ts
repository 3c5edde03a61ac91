import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { manualClock } from "../../test/manual-clock.ts";
import { scratchFolder } from "../../test/scratch.ts";
import { embeddedQueue } from "../state/embedded/job-queue.ts";
import { ExportError, refuse } from "../core/errors.ts";
import { NO_PROGRESS, type ExportRequest, type JobQueue, type Lease, type StateName } from "../core/job.ts";
import { EVERYTHING } from "../core/mailbox.ts";
import type { Manifest } from "../core/manifest.ts";
import { NOTHING_SPENT } from "../core/quota.ts";
import { work, type RunExport } from "./worker.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const request: ExportRequest = {
  account: "ada@example.com",
  directory: "/data/ada",
  maxEmails: null,
  batchSize: 5_000,
  filter: EVERYTHING,
};
const manifest: Manifest = {
  version: 1,
  email: "ada@example.com",
  complete: true,
  total_emails: 0,
  total_batches: 0,
  max_emails: null,
  export_date: "",
  duration_seconds: 0,
  filter: EVERYTHING,
  batches: [],
  failed: [],
  gone: [],
  replacementCharacters: 0,
  historyId: "1",
  quota: NOTHING_SPENT,
  tool: "",
};

/** Runs until stopped, like an export that never ends. */
const endless: RunExport = (_request, _report, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

async function worker(
  run: RunExport,
  spoil: (queue: JobQueue) => JobQueue = (queue) => queue,
): Promise<{ queue: JobQueue; clock: ReturnType<typeof manualClock>; stop: () => Promise<void> }> {
  const folder = await scratchFolder();
  const clock = manualClock();
  const queue = embeddedQueue(join(folder.path, "state"), clock);
  const shutdown = new AbortController();
  const working = work({ queue: spoil(queue), run, concurrency: 2, clock, log: quiet }, shutdown.signal);
  const stop = async (): Promise<void> => {
    shutdown.abort();
    await working;
  };
  onTestFinished(async () => {
    await stop();
    queue.close();
    await folder[Symbol.asyncDispose]();
  });
  return { queue, clock, stop };
}

async function stateAfter(run: RunExport): Promise<StateName> {
  const { queue, clock } = await worker(run);
  const { id } = queue.add(request);
  await clock.advance(100);
  return queue.get(id).state;
}

test("an export that ends is completed, or completed with failures when messages failed", async () => {
  expect(await stateAfter(async () => manifest)).toBe("completed");
  const failed = [{ id: "m1", reason: "no", attempts: 6 }];
  expect(await stateAfter(async () => ({ ...manifest, failed }))).toBe("completed_with_failures");
});

test.each([
  ["a person must act", refuse("disk", "Full.", "Make room."), "failed"],
  ["only a consent screen helps", failure({ retry: "sign_in", code: "consent_revoked" }), "needs_sign_in"],
  ["Google says until when", failure({ retry: "wait", code: "locked_out", at: 1 }), "waiting"],
  ["the network is away", failure({ retry: "backoff", code: "network", outage: true }), "waiting"],
  ["another process writes there", refuse("directory_busy", "Busy.", "Wait."), "waiting"],
  ["it is a defect", new TypeError("undefined is not a function"), "failed"],
] as const)("when %s, that is the state it leads to", async (_when, error, state) => {
  const run: RunExport = async () => {
    throw error;
  };
  expect(await stateAfter(run)).toBe(state);
});

function failure(
  rest:
    | { retry: "sign_in"; code: "consent_revoked" }
    | { retry: "wait"; code: "locked_out"; at: number }
    | { retry: "backoff"; code: "network"; outage: true },
): ExportError {
  return new ExportError({ message: "It happened.", next: "Do this.", ...rest });
}

test("pause, resume and cancel reach a running export within a beat", async () => {
  const { queue, clock } = await worker(endless);
  const { id } = queue.add(request);
  await clock.advance(100);
  queue.ask(id, "pause");
  await clock.advance(600);
  expect(queue.get(id).state).toBe("paused");
  queue.ask(id, "resume");
  await clock.advance(600);
  expect(queue.get(id).state).toBe("running");
  queue.ask(id, "cancel");
  await clock.advance(600);
  expect(queue.get(id).state).toBe("cancelled");
});

test("a shutdown gives running exports back, to be taken up at the next start", async () => {
  const { queue, clock, stop } = await worker(endless);
  const { id } = queue.add(request);
  await clock.advance(100);
  expect(queue.get(id).state).toBe("running");
  await stop();
  expect(queue.get(id).state).toBe("queued");
});

test("progress is what the export last reported, and stays when it stops", async () => {
  const { queue, clock } = await worker((ask, report, signal) => {
    report({ ...NO_PROGRESS, stage: "fetching", listed: 9, exported: 4 });
    return endless(ask, report, signal);
  });
  const { id } = queue.add(request);
  await clock.advance(1_100);
  expect(queue.get(id)).toMatchObject({ state: "running", progress: { listed: 9, exported: 4 } });
});

test("no more exports run at once than allowed", async () => {
  const { queue, clock } = await worker(endless);
  for (const name of ["a", "b", "c"])
    queue.add({ ...request, account: `${name}@example.com`, directory: `/data/${name}` });
  await clock.advance(100);
  expect(queue.list().filter(({ state }) => state === "running")).toHaveLength(2);
});

test("where the queue cannot be written, work rests, and goes on by itself when it can be again", async () => {
  const full = refuse("disk", "Full.", "Make room.");
  let isFull = false;
  const fails = (): void => {
    if (isFull) throw full;
  };
  const spoil = (queue: JobQueue): JobQueue => ({
    ...queue,
    take: () => {
      fails();
      const lease = queue.take();
      const release = (...given: Parameters<Lease["release"]>): void => (fails(), lease?.release(...given));
      return lease && { ...lease, release };
    },
  });
  const runs: string[] = [];
  const run: RunExport = async ({ account }) => {
    runs.push(account);
    isFull = runs.length === 1; // the disk fills up while the first one runs
    return manifest;
  };
  const { queue, clock } = await worker(run, spoil);
  const { id } = queue.add(request);
  await clock.advance(30_000);
  expect(queue.get(id).state).toBe("running"); // as far as anybody knows
  isFull = false;
  await clock.advance(60_000);
  expect(queue.get(id).state).toBe("completed");
  expect(runs).toHaveLength(2);
});
