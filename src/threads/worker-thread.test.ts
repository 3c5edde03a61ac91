import { expect, test } from "vitest";

import { manualClock, type ManualClock } from "../../test/manual-clock.ts";
import { until } from "../../test/wait.ts";
import { ODD_THREAD, type Task } from "./testing.ts";
import { workerThread, type ThreadOptions, type WorkerThread } from "./worker-thread.ts";

type Stage = AsyncDisposable &
  Readonly<{
    thread: WorkerThread;
    clock: ManualClock;
    /** One message in a turn of its own. */
    ask(task: Task, signal?: AbortSignal): Promise<unknown>;
    /** What that fails with. */
    fail(task: Task, signal?: AbortSignal): Promise<unknown>;
  }>;

function stage(options: Partial<ThreadOptions> = {}): Stage {
  const clock = manualClock();
  const thread = workerThread(clock, {
    program: new URL("testing.ts", import.meta.url).href,
    name: ODD_THREAD,
    memoryMb: 64,
    limitMs: 1_000,
    limitBy: "clock",
    ...options,
  });
  const ask: Stage["ask"] = (task, signal) => thread.takeTurn((send) => send(task), signal);
  return {
    thread,
    clock,
    ask,
    fail: (task, signal) =>
      ask(task, signal).then(
        (reply) => expect.fail(`it replied ${String(reply)}`),
        (error: unknown) => error,
      ),
    [Symbol.asyncDispose]: () => thread.close(),
  };
}

test("a thread replies, in turns of several messages, one turn after the other", async () => {
  await using w = stage();
  const pair = (): Promise<unknown[]> => w.thread.takeTurn(async (ask) => [await ask("count"), await ask("count")]);
  expect(await Promise.all([pair(), pair(), pair()])).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});

test("memory goes over to the thread, and is no longer here", async () => {
  await using w = stage();
  const weigh = new ArrayBuffer(3_000);
  expect(await w.thread.takeTurn((ask) => ask({ weigh }, [weigh]))).toBe(3_000);
  expect(weigh.detached).toBe(true);
});

test("where the thread fails, the turn that it had is lost, and the next has another", async () => {
  await using w = stage();
  expect(await w.ask("count")).toBe(1);
  const [lost, next] = await Promise.all([w.fail("fail"), w.ask("count")]);
  expect(lost).toMatchObject({ why: "failed", cause: { message: "as it was told to" } });
  expect(next).toBe(1);
});

test("a message that cannot be sent is lost, and nothing waits for its reply", async () => {
  await using w = stage();
  const weigh = new ArrayBuffer(1);
  weigh.transfer();
  expect(await w.thread.takeTurn((ask) => ask({ weigh }, [weigh])).catch((error: unknown) => error)).toMatchObject({
    why: "failed",
  });
  expect(await w.ask("count")).toBe(1);
});

test("what the work of a turn throws by itself ends no thread", async () => {
  await using w = stage();
  const thrown = new Error("of the work");
  const work = w.thread.takeTurn(async (ask) => {
    await ask("count");
    throw thrown;
  });
  await expect(work).rejects.toBe(thrown);
  expect(await w.ask("count")).toBe(2);
});

test("a turn that is over before its reply leaves it to nobody: the next has another thread", async () => {
  await using w = stage();
  const hasty = w.thread.takeTurn(async (ask) => void ask("count").catch(() => {}));
  expect(await Promise.all([hasty, w.ask({ weigh: new ArrayBuffer(9) })])).toEqual([undefined, 9]);
});

test("a turn that takes too long is given up at its limit, though the thread is at work, and the next has another", async () => {
  await using w = stage();
  const lost = w.fail("work for ever");
  const next = w.ask("count");
  await until(() => w.clock.sleepers() === 1);
  await w.clock.advance(1_000);
  expect(await lost).toMatchObject({ why: "too_slow" });
  expect(await next).toBe(1);
});

test("a limit by the processor is that of the thread's own work, however much time passes", async () => {
  await using w = stage({ limitBy: "processor", limitMs: 10_000_000 });
  const silent = w.thread.takeTurn((ask) => Promise.race([ask("be silent"), w.clock.sleep(3_600_000)]));
  await until(() => w.clock.sleepers() === 2);
  expect(await w.clock.run(silent, 1)).toBeUndefined();

  await using busy = stage({ limitBy: "processor", limitMs: 1 });
  expect(await busy.clock.run(busy.fail("work for ever"), 1)).toMatchObject({ why: "too_slow" });
});

test("one turn more than may wait is refused at once, and those before it are taken", async () => {
  await using w = stage({ mostTurns: 2 });
  const taken = [w.ask("count"), w.ask("count")];
  expect(await w.fail("count")).toMatchObject({ why: "busy" });
  expect(await Promise.all(taken)).toEqual([1, 2]);
  expect(await w.ask("count")).toBe(3);
});

test("a turn that is no longer wanted when it has come is not taken", async () => {
  await using w = stage();
  const enough = new AbortController();
  const first = w.thread.takeTurn(async (ask) => {
    enough.abort(new Error("no longer wanted"));
    return ask("count");
  });
  expect(await w.fail("count", enough.signal)).toBe(enough.signal.reason);
  expect(await first).toBe(1);
  expect(await w.ask("count")).toBe(2);
});

test("after half a minute without work the thread is ended, and is there again for the next", async () => {
  await using w = stage();
  expect(await w.ask("count")).toBe(1);
  await w.clock.advance(29_000);
  expect(await w.ask("count")).toBe(2);
  await w.clock.advance(29_000);
  expect(await w.ask("count")).toBe(3);
  await w.clock.advance(30_000);
  expect(await w.ask("count")).toBe(1);
});

test("a close waits for the turns before it", async () => {
  const w = stage();
  const asked = w.ask("count");
  await w.thread.close();
  expect(await asked).toBe(1);
});
