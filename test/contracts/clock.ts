import { describe, expect, test } from "vitest";

import type { Clock } from "../../src/core/ports/clock.ts";

/** What every clock keeps. `run` lets time pass until the work is done, where it does not pass by itself. */
export function clockContract(
  implementation: string,
  make: () => Readonly<{ clock: Clock; run<T>(work: Promise<T>): Promise<T> }>,
): void {
  describe(`Clock contract (${implementation})`, () => {
    const outcome = (work: Promise<void>): Promise<unknown> =>
      work.then(
        () => "awake",
        (reason: unknown) => reason,
      );

    test("time is in whole or broken milliseconds since 1970, and never goes back", () => {
      const { clock } = make();
      const first = clock.now();
      expect(new Date(first).getUTCFullYear()).toBeGreaterThan(2020);
      expect(clock.now()).toBeGreaterThanOrEqual(first);
    });

    test("a sleeper wakes when its time has come, and not before", async () => {
      const { clock, run } = make();
      const begun = clock.now();
      const order: number[] = [];
      const sleep = async (ms: number): Promise<void> => {
        await clock.sleep(ms);
        order.push(ms);
      };
      await run(Promise.all([sleep(60), sleep(20), sleep(0)]));
      expect(order).toEqual([0, 20, 60]);
      expect(clock.now() - begun).toBeGreaterThanOrEqual(58); // a timer of the system may be a millisecond early
    });

    test("no time is no wait", async () => {
      const { clock } = make();
      expect(await outcome(clock.sleep(-5))).toBe("awake");
    });

    test("who is called off wakes at once with the reason, before and during the sleep", async () => {
      const { clock, run } = make();
      const reason = new Error("called off");
      expect(await outcome(clock.sleep(2 ** 30, AbortSignal.abort(reason)))).toBe(reason);
      const stop = new AbortController();
      const sleeping = outcome(clock.sleep(2 ** 30, stop.signal));
      await run(clock.sleep(1));
      stop.abort(reason);
      expect(await sleeping).toBe(reason);
    });
  });
}
