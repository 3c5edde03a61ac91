import { describe, expect, test } from "vitest";

import { failureOf } from "../../src/core/errors.ts";
import { NO_PROGRESS, type ExportRequest, type Progress, type Wish } from "../../src/core/export/job.ts";
import { EVERYTHING } from "../../src/core/mail/filter.ts";
import { TURN_MS, type JobQueue, type Lease } from "../../src/core/ports/job-queue.ts";
import type { ManualClock } from "../manual-clock.ts";
import { until } from "../wait.ts";

export type JobQueueStage = AsyncDisposable &
  Readonly<{
    queue: JobQueue;
    /** As another process has it: nothing shared but what is stored. Closed with the stage. */
    another(): JobQueue;
    clock: ManualClock;
  }>;

export const requestOf = (account: string, directory = `/data/${account}`): ExportRequest => ({
  account,
  directory,
  maxEmails: null,
  batchSize: 5_000,
  filter: EVERYTHING,
});
const some: Progress = { ...NO_PROGRESS, stage: "fetching", listed: 10, exported: 4 };
const REVOKED = { code: "consent_revoked", retry: "sign_in", message: "Gone.", next: "Sign in." } as const;
const AWAY = { code: "network", retry: "backoff", message: "Away.", next: "Wait." } as const;
const FULL = { code: "disk", retry: "never", message: "Full.", next: "Make room." } as const;

/** The code of the failure in which a call ends. */
export const refusalOf = (call: Promise<unknown>): Promise<string | undefined> =>
  call.then(
    () => undefined,
    (error: unknown) => failureOf(error)?.code ?? String(error),
  );

/** What leases are told, each answer once, while they beat for a turn and a little longer. */
async function turnsOf({ clock }: JobQueueStage, leases: readonly Lease[], progress: Progress): Promise<string[]> {
  const answers = new Set<string>();
  for (let past = 0; past <= TURN_MS; past += 8_000) {
    for (const lease of leases) answers.add(await lease.beat(progress));
    await clock.advance(8_000);
  }
  for (const lease of leases) answers.add(await lease.beat(progress));
  return [...answers];
}

const turnOf = (at: JobQueueStage, lease: Lease): Promise<string[]> => turnsOf(at, [lease], some);

/** What every store of exports does; each runs this suite. */
export function jobQueueContract(implementation: string, open: () => Promise<JobQueueStage>): void {
  describe(`JobQueue contract (${implementation})`, () => {
    test("an export goes from queued to running to its end, and another process knows", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const lease = (await at.queue.take())!;
      expect(await at.queue.get(id)).toMatchObject({ state: "running" });
      expect(await lease.beat(some)).toBe("go_on");
      await lease.release({ state: "completed" }, { ...some, exported: 10 });
      const again = at.another();
      expect(await again.get(id)).toMatchObject({
        state: "completed",
        progress: { exported: 10 },
        request: { account: "ada@example.com" },
      });
      expect(await again.take()).toBeUndefined();
    });

    test("whoever calls off gets the reason, and nothing was done where it had not begun", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const reason = new Error("called off");
      const gone = AbortSignal.abort(reason);
      const { queue } = at;
      const asks: Promise<unknown>[] = [
        queue.add(requestOf("bob@example.com"), gone),
        queue.get(id, gone),
        queue.list(5, undefined, gone),
        queue.counts(gone),
        queue.take(gone),
        queue.ask(id, "cancel", gone),
        queue.remove(id, gone),
        queue.signedIn("ada@example.com", gone),
      ];
      await Promise.all(asks.map((ask) => expect(ask).rejects.toBe(reason)));
      expect((await queue.list(5)).exports).toMatchObject([{ id, state: "queued" }]);
    });

    test("an export that was taken for somebody who had called off meanwhile is there for the next", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const stop = new AbortController();
      const taking = at.queue.take(stop.signal);
      stop.abort(new Error("called off"));
      await expect(taking).rejects.toBe(stop.signal.reason);
      const other = at.another();
      const lease = await until(() => other.take());
      expect(lease.job.id).toBe(id);
    });

    test("a directory has one live export, and takes the next when that has ended", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      expect(await refusalOf(at.queue.add(requestOf("ada@example.com")))).toBe("directory_busy");
      await (await at.queue.take())!.release({ state: "failed", failure: FULL }, some);
      await at.queue.add(requestOf("ada@example.com"));
      for (const wish of ["resume", "retry_failed"] as const)
        expect(await refusalOf(at.queue.ask(id, wish)), wish).toBe("directory_busy");
      expect((await at.queue.get(id)).state).toBe("failed");
    });

    test("several accounts run at once, two exports of one account one after the other, however it is spelled", async () => {
      await using at = await open();
      await at.queue.add(requestOf("first.last@gmail.com", "/data/a1"));
      await at.queue.add(requestOf("FirstLast@googlemail.com", "/data/a2"));
      await at.queue.add(requestOf("bob@example.com"));
      const first = (await at.queue.take())!;
      expect((await at.queue.take())!.job.request.account).toBe("bob@example.com");
      expect(await at.queue.take()).toBeUndefined();
      await first.release({ state: "completed" }, some);
      expect((await at.queue.take())!.job.request.directory).toBe("/data/a2");
    });

    test("what a dead worker left is taken up when its lease has run out, and the dead one may not write any more", async () => {
      await using at = await open();
      await at.queue.add(requestOf("ada@example.com"));
      const dead = (await at.queue.take())!;
      await dead.beat(some);
      expect(await at.another().take()).toBeUndefined();
      await at.clock.advance(10_001);
      const heir = (await at.another().take())!;
      expect(heir.job).toMatchObject({ id: dead.job.id, progress: { exported: 4 } });
      expect(await dead.beat({ ...some, exported: 9 })).toBe("lost");
      await dead.release({ state: "completed" }, some);
      expect(await at.queue.get(heir.job.id)).toMatchObject({ state: "running", progress: { exported: 4 } });
    });

    test("pause and cancel reach a running export at its next beat; resume queues it again", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const lease = (await at.queue.take())!;
      expect((await at.queue.ask(id, "pause")).state).toBe("running");
      expect(await lease.beat(some)).toBe("pause");
      await lease.release({ state: "paused" }, some);
      expect(await at.queue.take()).toBeUndefined();
      expect((await at.queue.ask(id, "resume")).state).toBe("queued");
      const again = (await at.queue.take())!;
      expect(await again.beat(some)).toBe("go_on");
      await at.queue.ask(id, "cancel");
      await at.queue.ask(id, "pause"); // it stops for good all the same
      expect(await again.beat(some)).toBe("cancel");
      await again.release({ state: "cancelled" }, some);
      expect(await refusalOf(at.queue.ask(id, "resume"))).toBe("not_in_this_state");
    });

    test.each<[Wish, string]>([
      ["pause", "paused"],
      ["cancel", "cancelled"],
    ])("a %s that was taken survives a shutdown before the next beat, and a wait", async (wish, state) => {
      await using at = await open();
      for (const released of [
        { state: "queued" },
        { state: "waiting", until: at.clock.now(), failure: AWAY },
        { state: "needs_sign_in", failure: REVOKED },
      ] as const) {
        const { id } = await at.queue.add(requestOf("ada@example.com", `/data/${released.state}`));
        const lease = (await at.queue.take())!;
        await at.queue.ask(id, wish);
        await lease.release(released, some);
        expect((await at.another().get(id)).state, released.state).toBe(state);
        expect(await at.queue.take()).toBeUndefined();
      }
    });

    test("an export is not given back as running: that is a defect, and the worker keeps its hold", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const lease = (await at.queue.take())!;
      expect(await refusalOf(lease.release({ state: "running" }, some))).toMatch(/cannot go from running to running/);
      expect(await at.queue.get(id)).toMatchObject({ state: "running", progress: { exported: 0 } });
      expect(await at.another().take()).toBeUndefined();
      expect(await lease.beat(some)).toBe("go_on");
      await lease.release({ state: "completed" }, some);
      expect((await at.queue.get(id)).state).toBe("completed");
    });

    test("an end is an end, whatever was wished in its last moment", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const lease = (await at.queue.take())!;
      await at.queue.ask(id, "pause");
      await lease.release({ state: "completed" }, some);
      expect((await at.queue.get(id)).state).toBe("completed");
    });

    test.each<[Wish, string]>([
      ["pause", "paused"],
      ["cancel", "cancelled"],
    ])("a %s asked within a dead worker's lease comes true when that is over", async (wish, state) => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const dead = (await at.queue.take())!;
      await at.queue.ask(id, wish);
      expect(await dead.beat(some)).toBe(wish); // heard of, and then it died
      await at.clock.advance(10_001);
      expect(await at.another().take()).toBeUndefined();
      expect((await at.queue.get(id)).state).toBe(state);
    });

    test("who runs an export is told while it runs, and since when", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const since = at.clock.now();
      const lease = (await at.queue.take())!;
      await at.clock.advance(5_000);
      await lease.beat(some);
      const { worker } = await at.another().get(id);
      expect(worker).toEqual({ id: expect.stringMatching(/./), since });
      expect(lease.job.worker).toEqual(worker);
      await lease.release({ state: "paused" }, some);
      expect(await at.queue.get(id)).not.toHaveProperty("worker");
    });

    test("of those that wait the one of the highest priority is taken first, then the oldest", async () => {
      await using at = await open();
      const later = { state: "waiting", until: at.clock.now(), failure: AWAY } as const;
      await at.queue.add(requestOf("ada@example.com"));
      await (await at.queue.take())!.release(later, some); // which costs it no place
      const asked: [name: string, priority: number | undefined][] = [
        ["bob", undefined],
        ["low", -3],
        ["high", 7],
        ["eve", 0],
        ["top", 10],
      ];
      for (const [name, priority] of asked)
        await at.queue.add({ ...requestOf(`${name}@example.com`), ...(priority !== undefined && { priority }) });
      const taken: string[] = [];
      for (let lease = await at.queue.take(); lease; lease = await at.queue.take())
        taken.push(lease.job.request.account.split("@")[0]!);
      expect(taken).toEqual(["top", "high", "ada", "bob", "eve", "low"]);
    });

    test("an export that had its turn makes room for one that had fewer, and goes on after it", async () => {
      await using at = await open();
      const big = await at.queue.add(requestOf("big@example.com"));
      const lease = (await at.queue.take())!;
      expect(await turnOf(at, lease)).toEqual(["go_on"]); // nobody waits
      const small = await at.queue.add(requestOf("small@example.com"));
      expect(await at.queue.get(big.id)).toMatchObject({ state: "running" });
      expect(await turnOf(at, lease)).toEqual(["go_on", "make_room"]);
      expect(await lease.beat(some)).toBe("make_room"); // until it has made what it has durable
      await lease.release({ state: "queued" }, some);
      const next = (await at.queue.take())!;
      expect(next.job.id).toBe(small.id);
      expect(await turnOf(at, next)).toEqual(["go_on"]); // the other had more
      expect((await at.another().take())!.job.id).toBe(big.id);
    });

    test("no more exports make room than wait for it, none in a listing, and none for a lower priority", async () => {
      await using at = await open();
      for (const name of ["a", "b", "c"]) await at.queue.add(requestOf(`${name}@example.com`));
      const leases = [(await at.queue.take())!, (await at.queue.take())!, (await at.queue.take())!];
      await at.queue.add({ ...requestOf("low@example.com"), priority: -1 });
      expect(await turnsOf(at, leases, some)).toEqual(["go_on"]);
      await at.queue.add(requestOf("new@example.com"));
      expect(await turnsOf(at, leases, { ...some, stage: "listing" })).toEqual(["go_on"]);
      const answers = await turnsOf(at, leases, some);
      expect(answers.filter((answer) => answer === "make_room").length).toBeGreaterThan(0);
      const last = await Promise.all(leases.map((lease) => lease.beat(some)));
      expect(last.toSorted()).toEqual(["go_on", "go_on", "make_room"]);
    });

    test("a pause reaches an export that makes room, and one that died while it did goes on", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("big@example.com"));
      const lease = (await at.queue.take())!;
      const other = await at.queue.add(requestOf("small@example.com"));
      expect(await turnOf(at, lease)).toContain("make_room");
      await at.queue.ask(id, "pause");
      expect(await lease.beat(some)).toBe("pause");
      await lease.release({ state: "queued" }, some);
      expect((await at.queue.get(id)).state).toBe("paused");
      await at.queue.ask(id, "resume");
      await at.queue.ask(other.id, "cancel");
      const again = (await at.queue.take())!;
      await at.queue.add(requestOf("late@example.com"));
      expect(await turnOf(at, again)).toContain("make_room");
      await at.clock.advance(10_001);
      const taken = [(await at.queue.take())!, (await at.queue.take())!];
      expect(taken.map(({ job }) => job.request.account)).toEqual(["late@example.com", "big@example.com"]);
      expect(await taken[1]!.beat(some)).toBe("go_on");
    });

    test("an export that stops keeps its lease with every beat", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const lease = (await at.queue.take())!;
      await at.queue.ask(id, "pause");
      for (let seconds = 0; seconds < 30; seconds += 5) {
        await at.clock.advance(5_000);
        expect(await lease.beat(some)).toBe("pause");
        expect(await at.another().take()).toBeUndefined();
      }
    });

    test("one that waits goes on at its time, one that needs a sign-in at the next sign-in of that account", async () => {
      await using at = await open();
      await at.queue.add(requestOf("ada@example.com"));
      await at.queue.add(requestOf("b.ob@gmail.com"));
      const later = at.clock.now() + 60_000;
      await (await at.queue.take())!.release({ state: "waiting", until: later, failure: AWAY }, some);
      await (await at.queue.take())!.release({ state: "needs_sign_in", failure: REVOKED }, some);
      expect(await at.queue.take()).toBeUndefined();
      await at.queue.signedIn("Bob@googlemail.com");
      expect((await at.queue.take())!.job.request.account).toBe("b.ob@gmail.com");
      await at.clock.advance(60_000);
      expect((await at.queue.take())!.job.request.account).toBe("ada@example.com");
    });

    test("two processes share the queue: each export is taken once", async () => {
      await using at = await open();
      const other = at.another();
      for (let n = 0; n < 20; n += 1) await at.queue.add(requestOf(`a${n}@example.com`));
      const taken = await Promise.all(Array.from({ length: 24 }, (_, n) => (n % 2 === 0 ? at.queue : other).take()));
      const ids = taken.flatMap((lease) => (lease ? [lease.job.id] : []));
      expect(ids).toHaveLength(20);
      expect(new Set(ids).size).toBe(20);
    });

    test("an export nobody knows is said to be unknown", async () => {
      await using at = await open();
      const asks = [at.queue.get("none"), at.queue.ask("none", "cancel"), at.queue.remove("none")];
      expect(new Set(await Promise.all(asks.map(refusalOf)))).toEqual(new Set(["export_unknown"]));
    });

    test("a list is paged, newest first, and stays in order while exports come and go", async () => {
      await using at = await open();
      expect(await at.queue.list(10)).toEqual({ exports: [], next: undefined });
      const ids: string[] = [];
      for (let n = 0; n < 7; n += 1) {
        ids.unshift((await at.queue.add(requestOf(`a${n}@example.com`))).id);
        if (n % 2 === 0) await at.clock.advance(1); // some in one millisecond
      }
      const first = await at.queue.list(3);
      expect(first.exports.map(({ id }) => id)).toEqual(ids.slice(0, 3));
      await at.queue.add(requestOf("new@example.com"));
      await at.queue.ask(ids[2]!, "cancel");
      await at.queue.remove(ids[2]!); // the one that the page ended with
      const second = await at.queue.list(3, first.next);
      expect(second.exports.map(({ id }) => id)).toEqual(ids.slice(3, 6));
      const third = await at.queue.list(3, second.next);
      expect([third.exports.map(({ id }) => id), third.next]).toEqual([ids.slice(6), undefined]);
    });

    test("one that has ended is taken off the list; one that is live is not", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      expect(await refusalOf(at.queue.remove(id))).toBe("not_in_this_state");
      const lease = (await at.queue.take())!;
      expect(await refusalOf(at.queue.remove(id))).toBe("not_in_this_state");
      await lease.release({ state: "completed" }, some);
      await at.queue.remove(id);
      expect(await refusalOf(at.queue.get(id))).toBe("export_unknown");
      expect((await at.another().list(5)).exports).toEqual([]);
    });

    test("exports are counted by state", async () => {
      await using at = await open();
      expect([...(await at.queue.counts())]).toEqual([]);
      for (const account of ["ada", "bob", "eve"]) await at.queue.add(requestOf(account));
      await (await at.queue.take())!.release({ state: "completed" }, some);
      await at.queue.take();
      expect(Object.fromEntries(await at.queue.counts())).toEqual({ completed: 1, running: 1, queued: 1 });
    });

    test("who waits for a change hears of one at once, and looks again after a second", async () => {
      await using at = await open();
      const never = new AbortController().signal;
      const changed = at.queue.changed(never);
      await at.queue.add(requestOf("ada@example.com"));
      await changed;
      const elapsed = at.queue.changed(never);
      await at.clock.advance(1_000);
      await elapsed;
      await at.queue.changed(AbortSignal.abort());
    });
  });
}
