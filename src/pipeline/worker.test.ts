import { once } from "node:events";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { requestOf } from "../../test/contracts/job-queue.ts";
import { manualClock } from "../../test/manual-clock.ts";
import { scratchFolder } from "../../test/scratch.ts";
import { until } from "../../test/wait.ts";
import { manifestWith } from "../../test/written-export.ts";
import { ExportError, HoldLost, refuse } from "../core/errors.ts";
import { NO_PROGRESS, type StateName } from "../core/export/job.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { JobQueue, Lease } from "../core/ports/job-queue.ts";
import { embeddedJobQueue } from "../state/embedded/job-queue.ts";
import { work, type RunExport } from "./worker.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const request = requestOf("ada@example.com", "/data/ada");
const manifest = manifestWith({});

/** Runs until stopped, like an export that never ends. */
const endless: RunExport = (_request, _report, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

type Stage = Readonly<{ queue: JobQueue; clock: ReturnType<typeof manualClock>; stop: () => Promise<void> }>;

async function worker(
  run: RunExport,
  spoil: (queue: JobQueue) => JobQueue = (queue) => queue,
  clockOf: (clock: Clock) => Clock = (clock) => clock,
): Promise<Stage> {
  const folder = await scratchFolder();
  const clock = manualClock();
  const queue = embeddedJobQueue(join(folder.path, "state"), clock);
  const shutdown = new AbortController();
  const working = work(
    { queue: spoil(queue), run, concurrency: 2, clock: clockOf(clock), log: quiet },
    shutdown.signal,
  );
  const stop = async (): Promise<void> => {
    shutdown.abort();
    await working;
  };
  onTestFinished(async () => {
    await clock.run(stop(), 1);
    await queue.close();
    await folder[Symbol.asyncDispose]();
  });
  return { queue, clock, stop };
}

async function stateAfter(run: RunExport): Promise<StateName> {
  const { queue, clock } = await worker(run);
  const { id } = await queue.add(request);
  return until(async (note) => {
    await clock.advance(100);
    const { state } = note(await queue.get(id));
    return state !== "queued" && state !== "running" && state;
  });
}

/** Lets time pass until the export is in this state: the queue is in a thread, which real time alone moves. */
async function reaches({ queue, clock }: Pick<Stage, "queue" | "clock">, id: string, state: StateName): Promise<void> {
  await until(async (note) => {
    await clock.advance(100);
    return note(await queue.get(id)).state === state;
  });
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
  ["the day's quota is spent", refuse("daily_limit", "Spent.", "Wait."), "waiting"],
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

test("pause, resume and cancel reach a running export", async () => {
  const stage = await worker(endless);
  const { id } = await stage.queue.add(request);
  await reaches(stage, id, "running");
  await stage.queue.ask(id, "pause");
  await reaches(stage, id, "paused");
  await stage.queue.ask(id, "resume");
  await reaches(stage, id, "running");
  await stage.queue.ask(id, "cancel");
  await reaches(stage, id, "cancelled");
});

test("a shutdown gives running exports back, to be taken up at the next start", async () => {
  const stage = await worker(endless);
  const { id } = await stage.queue.add(request);
  await reaches(stage, id, "running");
  await stage.clock.run(stage.stop(), 1);
  expect((await stage.queue.get(id)).state).toBe("queued");
});

test("a pause asked just before a shutdown comes true by it", async () => {
  const stage = await worker(endless);
  const { id } = await stage.queue.add(request);
  await reaches(stage, id, "running");
  await stage.queue.ask(id, "pause");
  await stage.clock.run(stage.stop(), 1);
  expect((await stage.queue.get(id)).state).toBe("paused");
});

test("an export that takes long to stop is not taken up by another worker meanwhile", async () => {
  const gate = Promise.withResolvers<void>();
  const slow: RunExport = async (_request, _report, signal) => {
    await once(signal, "abort");
    await gate.promise; // it makes durable what it has
    throw signal.reason;
  };
  const stage = await worker(slow);
  const { id } = await stage.queue.add(request);
  await reaches(stage, id, "running");
  await stage.queue.ask(id, "pause");
  let beats = 0;
  await until(async () => {
    await stage.clock.advance(1_000);
    await stage.queue.counts();
    beats += 1;
    return beats === 30;
  });
  expect(await stage.queue.take()).toBeUndefined();
  gate.resolve();
  await reaches(stage, id, "paused");
});

test("an export whose hold was lost stops with a reason that says so, and is not given back", async () => {
  const reasons: unknown[] = [];
  const run: RunExport = async (_request, _report, signal) => {
    await once(signal, "abort");
    reasons.push(signal.reason);
    throw signal.reason;
  };
  const released: unknown[] = [];
  const losing = (queue: JobQueue): JobQueue => ({
    ...queue,
    async take() {
      const lease = await queue.take();
      const release = async (...given: Parameters<Lease["release"]>): Promise<void> => void released.push(given);
      return lease && { ...lease, beat: async () => "lost", release };
    },
  });
  const stage = await worker(run, losing);
  await stage.queue.add(request);
  await until(async () => {
    await stage.clock.advance(100);
    return reasons.length > 0;
  });
  expect(reasons[0]).toBeInstanceOf(HoldLost);
  expect(released).toEqual([]);
});

test("a list that cannot be reached for a moment stops nothing; for as long as a lease, it does", async () => {
  let isAway = false;
  const stopped: unknown[] = [];
  const run: RunExport = async (_request, _report, signal) => {
    await once(signal, "abort");
    stopped.push(signal.reason);
    throw signal.reason;
  };
  const away = (queue: JobQueue): JobQueue => ({
    ...queue,
    async take() {
      const lease = await queue.take();
      return (
        lease && {
          ...lease,
          beat: (progress) => (isAway ? Promise.reject(refuse("disk", "Full.", "Wait.")) : lease.beat(progress)),
        }
      );
    },
  });
  const stage = await worker(run, away);
  const { id } = await stage.queue.add(request);
  await reaches(stage, id, "running");
  isAway = true;
  await stage.clock.advance(5_000);
  expect(stopped).toEqual([]);
  await until(async () => {
    await stage.clock.advance(500);
    return stopped.length > 0;
  });
  expect(stopped[0]).toBeInstanceOf(HoldLost);
});

test("a lease is not believed in for longer than it lasts by a clock that is set back, nor when time passed unseen", async () => {
  for (const setBack of [true, false]) {
    const stopped: unknown[] = [];
    const run: RunExport = async (_request, _report, signal) => {
      await once(signal, "abort");
      stopped.push(signal.reason);
      throw signal.reason;
    };
    let shift = 0;
    let beats = 0;
    let now = (): number => 0;
    let askedAt = 0; // from when on the lease counts
    const silent = (queue: JobQueue): JobQueue => ({
      ...queue,
      async take() {
        const at = now();
        const lease = await queue.take();
        if (lease) askedAt = at;
        const beat = (): Promise<never> => {
          beats += 1;
          return new Promise(() => {}); // a database that was cut off answers nothing
        };
        return lease && { ...lease, beat };
      },
    });
    const stage = await worker(run, silent, (clock) => {
      ({ now } = clock);
      return { ...clock, now: () => clock.now() + shift };
    });
    await stage.queue.add(request);
    await until(async () => {
      await stage.clock.advance(100);
      return beats > 0;
    });
    shift = setBack ? -3_600_000 : 0;
    await stage.clock.advance(askedAt + 7_500 - stage.clock.now());
    expect(stopped).toEqual([]);
    await until(async () => {
      await stage.clock.advance(100);
      return stopped.length > 0;
    });
    expect(stopped[0]).toBeInstanceOf(HoldLost);
  }
});

test("a worker that wakes from a sleep longer than its lease stops before it asks anybody", async () => {
  const stopped: unknown[] = [];
  const run: RunExport = async (_request, _report, signal) => {
    await once(signal, "abort");
    stopped.push(signal.reason);
    throw signal.reason;
  };
  let shift = 0;
  let beatsAsleep = 0;
  const counted = (queue: JobQueue): JobQueue => ({
    ...queue,
    async take() {
      const lease = await queue.take();
      return (
        lease && {
          ...lease,
          beat: (progress) => {
            if (shift > 0) beatsAsleep += 1;
            return lease.beat(progress);
          },
        }
      );
    },
  });
  const stage = await worker(run, counted, (clock) => ({ ...clock, now: () => clock.now() + shift }));
  const { id } = await stage.queue.add(request);
  await reaches(stage, id, "running");
  shift = 120_000; // the clock went on, timers did not
  await until(async () => {
    await stage.clock.advance(100);
    return stopped.length > 0;
  });
  expect(stopped[0]).toBeInstanceOf(HoldLost);
  expect(beatsAsleep).toBe(0);
});

test("an export that had its turn makes room for a small one, and both come to their end", async () => {
  const ended: string[] = [];
  const run: RunExport = async ({ account }, report, signal) => {
    report({ ...NO_PROGRESS, stage: "fetching" });
    if (account.startsWith("big") && !ended.includes("small2@example.com")) await endless(request, report, signal);
    ended.push(account);
    return manifest;
  };
  const { queue, clock } = await worker(run);
  for (const name of ["big1", "big2", "small1", "small2"]) await queue.add(requestOf(`${name}@example.com`));
  await until(async (note) => {
    for (let seconds = 0; seconds < 20; seconds += 1) {
      await clock.advance(1_000);
      await queue.counts(); // by when every beat of that second was answered
    }
    return note(await queue.counts()).get("completed") === 4;
  });
  expect(ended.slice(0, 2)).toEqual(["small1@example.com", "small2@example.com"]);
});

test("progress is what the export last reported, and stays when it stops", async () => {
  const { queue, clock } = await worker((ask, report, signal) => {
    report({ ...NO_PROGRESS, stage: "fetching", listed: 9, exported: 4 });
    return endless(ask, report, signal);
  });
  const { id } = await queue.add(request);
  const { state } = await until(async (note) => {
    await clock.advance(100);
    const job = note(await queue.get(id));
    return job.progress.listed === 9 && job.progress.exported === 4 && job;
  });
  expect(state).toBe("running");
});

test("no more exports run at once than allowed", async () => {
  const { queue, clock } = await worker(endless);
  for (const name of ["a", "b", "c"])
    await queue.add({ ...request, account: `${name}@example.com`, directory: `/data/${name}` });
  const running = async (): Promise<number> => (await queue.counts()).get("running") ?? 0;
  await until(async () => {
    await clock.advance(100);
    return (await running()) === 2;
  });
  for (let n = 0; n < 10; n += 1) await clock.advance(500);
  expect(await running()).toBe(2);
});

test("where the queue cannot be written, work rests, and goes on by itself when it can be again", async () => {
  const full = refuse("disk", "Full.", "Make room.");
  let isFull = false;
  const fails = (): void => {
    if (isFull) throw full;
  };
  const refusedReleases: string[] = [];
  const spoil = (queue: JobQueue): JobQueue => ({
    ...queue,
    async take() {
      fails();
      const lease = await queue.take();
      const release = async (...given: Parameters<Lease["release"]>): Promise<void> => {
        if (isFull) refusedReleases.push(given[0].state);
        fails();
        await lease?.release(...given);
      };
      return lease && { ...lease, release };
    },
  });
  const runs: string[] = [];
  const run: RunExport = async ({ account }) => {
    runs.push(account);
    isFull = runs.length === 1; // the disk fills up while the first one runs
    return manifest;
  };
  const stage = await worker(run, spoil);
  const { id } = await stage.queue.add(request);
  await until(async () => {
    await stage.clock.advance(100);
    return refusedReleases.length > 0;
  });
  expect((await stage.queue.get(id)).state).toBe("running"); // as far as anybody knows
  isFull = false;
  await reaches(stage, id, "completed");
  expect(runs).toHaveLength(2);
});
