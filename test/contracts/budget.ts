import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Budget, Portion } from "../../src/core/ports/budget.ts";
import type { EpochMs } from "../../src/core/time.ts";
import { manualClock, type ManualClock } from "../manual-clock.ts";

const MINUTE_MS = 60_000;
const NEVER = new AbortController().signal;
const exactly = (units: number) => ({ least: units, most: units });

/** Wants portions of this size again and again, spends each in parts over a part of its time, and may die at some moment. */
type Taker = Readonly<{
  least: number;
  most: number;
  parts: number;
  spread: number;
  unspent: number;
  diesAtMs: number;
}>;
type Spending = Readonly<{ at: EpochMs; units: number }>;

const taker = (limit: number, mortal: boolean): fc.Arbitrary<Taker> =>
  fc
    .record({
      least: fc.integer({ min: 1, max: Math.min(40, limit) }),
      more: fc.integer({ min: 0, max: 300 }),
      parts: fc.integer({ min: 1, max: 4 }),
      spread: fc.double({ min: 0, max: mortal ? 1 : 0.3, noNaN: true }),
      unspent: mortal ? fc.constantFrom(0, 0, 0.3, 1) : fc.constant(0),
      diesAtMs: mortal ? fc.integer({ min: 0, max: 3 * MINUTE_MS }) : fc.constant(Infinity),
    })
    .map(({ more, ...rest }) => Object.assign(rest, { most: rest.least + more }));

/** Lets takers work for some minutes of virtual time; everything that was spent, in order. */
async function work(
  budget: Budget,
  clock: ManualClock,
  takers: readonly Taker[],
  minutes: number,
): Promise<Spending[]> {
  const begun = clock.now();
  const end = begun + minutes * MINUTE_MS;
  const spendings: Spending[] = [];
  const stop = new AbortController();
  const live = async (one: Taker, user: string): Promise<void> => {
    while (clock.now() < end) {
      const portion = await budget.lease("client", user, one, stop.signal);
      const spendable = portion.units * (1 - one.unspent);
      const pauseMs = ((portion.until - clock.now()) * one.spread) / one.parts;
      for (let part = 0; part < one.parts; part += 1) {
        await clock.sleep(pauseMs);
        if (clock.now() - begun > one.diesAtMs) return; // and says nothing
        if (clock.now() <= portion.until) spendings.push({ at: clock.now(), units: spendable / one.parts });
      }
      await portion.end(portion.units - spendable);
      if (spendable === 0) await clock.sleep(500);
    }
  };
  const all = Promise.all(takers.map((one, n) => live(one, `user ${n}`).catch(() => {})));
  await clock.advance(minutes * MINUTE_MS);
  stop.abort();
  await clock.run(all);
  return spendings.toSorted((a, b) => a.at - b.at);
}

/** The most that was spent within any sixty seconds. */
export function mostInAMinute(spendings: readonly Spending[]): number {
  let [from, sum, most] = [0, 0, 0];
  for (const { at, units } of spendings) {
    sum += units;
    while (spendings[from]!.at <= at - MINUTE_MS) {
      sum -= spendings[from]!.units;
      from += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
}

/** How often laws are tried, for how many virtual minutes. */
const THOROUGH = { limitRuns: 25, useRuns: 8, minutes: 4 };

/** What every budget keeps; `open` gives one with this limit for each client. */
export function budgetContract(
  implementation: string,
  open: (unitsPerMinute: number, clock: ManualClock) => Budget,
  { limitRuns, useRuns, minutes } = THOROUGH,
  newClock: () => ManualClock = manualClock,
): void {
  describe(`Budget contract (${implementation})`, () => {
    const at = (unitsPerMinute: number) => {
      const clock = newClock();
      return { clock, budget: open(unitsPerMinute, clock) };
    };
    /** Takes and spends what a minute has. */
    const exhaust = async ({ budget, clock }: ReturnType<typeof at>, limit: number): Promise<void> => {
      let left = limit * 0.97;
      while (left > 0) {
        const portion = await clock.run(budget.lease("one", "ada", { least: 1, most: left }, NEVER));
        left -= portion.units;
        await portion.end(0);
      }
    };

    test("what there is comes at once: at least the least, and no more than the most", async () => {
      const { budget, clock } = at(1_200_000);
      const portion = await budget.lease("one", "ada", { least: 20, most: 100 }, NEVER);
      expect(portion.units).toBe(100);
      expect(portion.until).toBeGreaterThan(clock.now());
      expect(portion.until).toBeLessThanOrEqual(clock.now() + MINUTE_MS);
      expect(clock.sleepers()).toBe(0);
    });

    test("more than a minute has is never given, and does not keep anybody waiting for ever", async () => {
      const { budget, clock } = at(60);
      expect((await clock.run(budget.lease("one", "ada", exactly(1_000), NEVER))).units).toBe(60);
      expect((await clock.run(budget.lease("one", "ada", exactly(1_000), NEVER))).units).toBe(60);
    });

    test("each project has a budget of its own", async () => {
      const stage = at(60);
      await exhaust(stage, 60);
      const before = stage.clock.now();
      await stage.clock.run(stage.budget.lease("two", "ada", exactly(40), NEVER));
      expect(stage.clock.now()).toBe(before);
    });

    test("users who wait take turns, however often one of them asks", async () => {
      const { budget, clock } = at(600);
      const served: string[] = [];
      const ask = async (user: string): Promise<void> => {
        const portion = await budget.lease("one", user, exactly(40), NEVER);
        served.push(user);
        await portion.end(0);
      };
      await clock.run(Promise.all(["ada", "ada", "ada", "ada", "bob", "eve", "bob"].map(ask)));
      expect(served).toEqual(["ada", "bob", "eve", "ada", "bob", "ada", "ada"]);
    });

    test("what is given back is another's at once", async () => {
      const { budget, clock } = at(60);
      const portion = await budget.lease("one", "ada", exactly(60), NEVER);
      const before = clock.now();
      const waiting = budget.lease("one", "bob", exactly(60), NEVER);
      await portion.end(60);
      await portion.end(60); // once
      expect((await clock.run(waiting)).units).toBe(60);
      expect(clock.now()).toBe(before);
      const third = budget.lease("one", "eve", exactly(60), NEVER);
      await clock.run(third);
      expect(clock.now() - before).toBeGreaterThan(59_000);
    });

    test("what a taker that died had in hand can be had again a minute after it could last have spent it", async () => {
      const { budget, clock } = at(60);
      const { until } = await budget.lease("one", "ada", exactly(60), NEVER);
      await clock.run(budget.lease("one", "bob", exactly(60), NEVER));
      expect(clock.now()).toBeGreaterThanOrEqual(until + MINUTE_MS);
      expect(clock.now()).toBeLessThan(until + MINUTE_MS + 2_000);
    });

    test("who is called off waits no longer, and takes nothing along", async () => {
      const { budget, clock } = at(60);
      const reason = new Error("called off");
      await expect(budget.lease("one", "ada", exactly(1), AbortSignal.abort(reason))).rejects.toBe(reason);
      const portion: Portion = await budget.lease("one", "ada", exactly(60), NEVER);
      const stop = new AbortController();
      const waiting = budget.lease("one", "bob", exactly(60), stop.signal);
      stop.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      expect(clock.sleepers()).toBe(0);
      await portion.end(60);
      expect((await budget.lease("one", "eve", exactly(60), NEVER)).units).toBe(60);
    });

    test("no sixty seconds exceed the limit, whatever takers do with their portions, and whenever they die", () =>
      fc.assert(
        fc.asyncProperty(
          fc
            .integer({ min: 60, max: 20_000 })
            .chain((limit) =>
              fc.tuple(fc.constant(limit), fc.array(taker(limit, true), { minLength: 1, maxLength: 8 })),
            ),
          async ([limit, takers]) => {
            const { budget, clock } = at(limit);
            expect(mostInAMinute(await work(budget, clock, takers, minutes))).toBeLessThanOrEqual(limit + 1e-3);
            expect(clock.sleepers()).toBe(0);
          },
        ),
        { numRuns: limitRuns },
      ));

    test("at least 95 % of the limit is used when there is work", () =>
      fc.assert(
        fc.asyncProperty(
          fc
            .integer({ min: 6_000, max: 60_000 })
            .chain((limit) =>
              fc.tuple(fc.constant(limit), fc.array(taker(limit, false), { minLength: 8, maxLength: 12 })),
            ),
          async ([limit, takers]) => {
            const { budget, clock } = at(limit);
            const asking = takers.map((one) => ({ ...one, most: one.least + limit / 60 }));
            const begun = clock.now();
            const spendings = await work(budget, clock, asking, minutes);
            for (let minute = 0; minute < minutes; minute += 1) {
              const from = begun + minute * MINUTE_MS;
              const used = spendings
                .filter(({ at: moment }) => moment >= from && moment < from + MINUTE_MS)
                .reduce((sum, { units }) => sum + units, 0);
              expect(used / limit, `minute ${minute}`).toBeGreaterThanOrEqual(0.95);
            }
          },
        ),
        { numRuns: useRuns },
      ));
  });
}
