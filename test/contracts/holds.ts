import { describe, expect, test } from "vitest";

import { HoldLost } from "../../src/core/errors.ts";
import type { Holds } from "../../src/core/ports/holds.ts";

/** A deployment, for a test. */
export type HoldsOfTest = AsyncDisposable &
  Readonly<{
    /** Holds as another process has them. */
    open(): Holds;
    /** Where nothing is held, and nothing was. */
    place(): Promise<string>;
  }>;

/** What all holds keep. */
export function holdsContract(implementation: string, make: () => Promise<HoldsOfTest>): void {
  describe(`Holds contract (${implementation})`, () => {
    const LONG_MS = 2 ** 30;

    test("one has a place at a time; who will not wait is told so, and it is had when it was given back", async () => {
      await using deployment = await make();
      const [first, second, place] = [deployment.open(), deployment.open(), await deployment.place()];
      const held = await first.take(place, 0);
      expect(held).toBeDefined();
      expect(await second.take(place, 0)).toBeUndefined();
      expect(await first.take(place, 0)).toBeUndefined(); // nor does its holder have it twice
      await held![Symbol.asyncDispose]();
      await using next = await second.take(place, 0);
      expect(next).toBeDefined();
    });

    test("the number is raised by each who takes a place, whoever it is", async () => {
      await using deployment = await make();
      const place = await deployment.place();
      const numbers: number[] = [];
      const [first, second] = [deployment.open(), deployment.open()];
      for (const holds of [first, second, second, first]) {
        await using held = await holds.take(place, 0);
        expect(held!.number).toBeGreaterThan(numbers.at(-1) ?? 0);
        expect(Number.isSafeInteger(held!.number)).toBe(true);
        numbers.push(held!.number);
      }
    });

    test("who waits has it when it is given back", async () => {
      await using deployment = await make();
      const place = await deployment.place();
      const held = await deployment.open().take(place, 0);
      const waiting = deployment.open().take(place, LONG_MS);
      await held![Symbol.asyncDispose]();
      await using next = await waiting;
      expect(next!.number).toBeGreaterThan(held!.number);
    });

    test("who is called off while waiting goes with the reason, and takes nothing along", async () => {
      await using deployment = await make();
      const place = await deployment.place();
      const held = await deployment.open().take(place, 0);
      const stop = new AbortController();
      const waiting = deployment
        .open()
        .take(place, LONG_MS, stop.signal)
        .then(
          () => "held",
          (reason: unknown) => reason,
        );
      const reason = new Error("called off");
      stop.abort(reason);
      expect(await waiting).toBe(reason);
      await held![Symbol.asyncDispose]();
      // What it had asked for just then may still come, and is given back at once: the next waits for no more than that.
      await using next = await deployment.open().take(place, LONG_MS);
      expect(next).toBeDefined();
    });

    test("two places are held apart", async () => {
      await using deployment = await make();
      const holds = deployment.open();
      await using one = await holds.take(await deployment.place(), 0);
      await using two = await holds.take(await deployment.place(), 0);
      expect([one, two]).not.toContain(undefined);
    });

    test("everybody sees whether a place is held, and looking takes nothing", async () => {
      await using deployment = await make();
      const [mine, other, place] = [deployment.open(), deployment.open(), await deployment.place()];
      const seen = () => Promise.all([mine.isHeld(place), other.isHeld(place)]);
      expect(await seen()).toEqual([false, false]);
      {
        await using _held = await mine.take(place, 0);
        expect(await seen()).toEqual([true, true]);
      }
      expect(await seen()).toEqual([false, false]);
    });

    test("what is held is confirmed until it is given back, and then no more", async () => {
      await using deployment = await make();
      const held = await deployment.open().take(await deployment.place(), 0);
      await held!.confirm();
      await held!.confirm();
      expect(held!.signal.aborted).toBe(false);
      await held![Symbol.asyncDispose]();
      await expect(held!.confirm()).rejects.toThrow(HoldLost);
    });
  });
}
