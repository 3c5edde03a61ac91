import { describe, expect, test } from "vitest";

import { manualClock, type ManualClock } from "../../../../test/manual-clock.ts";
import { withBursts } from "../../../../test/meter-matrix.ts";
import { projectBudget } from "../../../../test/project-budget.ts";
import { fixedWindow, serve, slidingWindow, tokenBucket, type Server } from "../../../../test/quota-server.ts";
import type { RecentMinute } from "../../../core/ports/recent-calls.ts";
import { lookBack } from "./look-back.ts";
import { createPacer, type Learned } from "./pacer.ts";
import { rememberCalls } from "./remember-calls.ts";

const MINUTE = 60_000;

/** What is in the state: the last minute, and what was learned. */
type State = { minute?: RecentMinute | undefined; learned?: Learned | undefined; worst: number };

/** One process: it reads the state as it starts and writes it as it goes; one that is killed writes nothing at its end. */
async function run(state: State, server: Server, clock: ManualClock, seconds: number, isKilled: boolean) {
  const before = lookBack(state.minute, clock.now());
  let isAlive = true;
  const bare = createPacer({
    clock,
    tier: "auto",
    maxInFlight: 10,
    project: projectBudget(clock),
    remembered: state.learned,
    before,
    onLearned: (learned) => {
      if (!isAlive) return;
      state.learned = learned;
      state.worst = Math.max(state.worst, learned.priceFactor);
    },
  });
  const keep = async (minute: RecentMinute): Promise<void> => void (isAlive && (state.minute = minute));
  const { pacer, close } = rememberCalls(bare, before, keep, clock);
  const served = await serve(server, pacer, clock, {
    minutes: seconds / 60,
    method: "threads.get",
    ended: () => void (isAlive = !isKilled),
  });
  await close();
  return served;
}

const METERS = {
  "whole minutes": () => fixedWindow(6_000, { saysLimit: false, phaseMs: 3_000 }),
  "whole minutes, named": () => fixedWindow(6_000, { saysWhen: true, phaseMs: 11_000 }),
  "the last minute": () => slidingWindow(6_000, { saysLimit: false }),
  "a bucket of a minute": () => tokenBucket(6_000, { seconds: 60 }),
  "a bucket of ten seconds": () => tokenBucket(6_000, { seconds: 10 }),
};
const ENDS = [
  { end: "killed", seconds: 4 },
  { end: "stopped", seconds: 15 },
  { end: "killed", seconds: 35 },
] as const;
const cases = Object.entries(METERS).map(([name, meter], n) => {
  const { end, seconds } = ENDS[n % ENDS.length]!;
  return { name, meter, end, seconds };
});

describe("a process that starts anew within the first minute takes no refusal for a dearer price", () => {
  test.each(cases)("$name, $end after $seconds s", async ({ meter, seconds, end }) => {
    const clock = manualClock();
    const server = { meter: meter(), tier: "2026" } as const;
    const state: State = { worst: 1 };
    await run(state, server, clock, seconds, end === "killed");
    await clock.advance(1_500);
    const { units } = await run(state, server, clock, 3 * 60, false);
    expect(state.worst).toBe(1);
    expect(Math.min(...units.slice(2))).toBeGreaterThan(0.9 * 6_000);
  });
});

describe("a minute of which nothing is known", () => {
  test.each(Object.entries(METERS))(
    "%s: what another machine spent is no price, and is not slow for long",
    async (_, meter) => {
      const clock = manualClock();
      const server = { meter: meter(), tier: "2026" } as const;
      await run({ worst: 1 }, server, clock, 15, true);
      const state: State = { worst: 1 };
      const { units } = await run(state, server, clock, 6 * 60, false);
      expect(state.learned?.priceFactor ?? 1).toBeLessThan(1.05);
      // The server's minutes are not those of the clock: what one of these had beyond its own, the next one lacks.
      expect(Math.min(...withBursts(units.map((one) => one / 6_000)).slice(3))).toBeGreaterThan(0.95);
    },
  );

  test("a price that is really dearer is learned all the same, once a minute was seen whole", async () => {
    const clock = manualClock();
    const server = { meter: tokenBucket(6_000), tier: "2026", overprice: 2 } as const;
    const state: State = { worst: 1 };
    await run(state, server, clock, 5 * 60, false);
    expect(state.learned?.priceFactor).toBeCloseTo(2, 1);
  });
});

describe("what was sent is written down", () => {
  const sent = async (calls: number, everyMs: number) => {
    const clock = manualClock();
    const kept: { at: number; minute: RecentMinute }[] = [];
    const bare = createPacer({
      clock,
      tier: "2026",
      maxInFlight: 10,
      project: projectBudget(clock),
      unitsPerMinute: 1e9,
    });
    const keep = async (minute: RecentMinute): Promise<void> => void kept.push({ at: clock.now(), minute });
    const { pacer, close } = rememberCalls(bare, lookBack(undefined, clock.now()), keep, clock);
    for (let call = 0; call < calls; call += 1) {
      const turn = await clock.run(pacer.turn("messages.get", new AbortController().signal));
      turn.sent();
      if (call === 99) pacer.refused({ code: "quota_exceeded" }, turn);
      turn.done();
      await clock.advance(everyMs);
    }
    await close();
    return kept;
  };

  test("at once, then once a second, and at the end", async () => {
    const kept = await sent(100, 100);
    const gaps = kept.slice(1, -1).map(({ at }, index) => at - kept[index]!.at);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
    expect(kept.length).toBeGreaterThanOrEqual(10);
    const { minute } = kept.at(-1)!;
    expect(minute.ended).toBe(true);
    expect(kept.at(-2)!.minute.ended).toBe(false);
    expect(minute.calls.reduce((sum, { count }) => sum + count, 0)).toBe(100);
    expect(minute.calls.filter(({ refused }) => refused)).toMatchObject([{ count: 1 }]);
  });

  test("and no more of it than the last minute", async () => {
    const { minute } = (await sent(100, 1_000)).at(-1)!;
    expect(minute.calls.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(61);
  });

  test("a turn that was not used is none, and a process that sent nothing writes nothing", async () => {
    expect(await sent(0, 0)).toEqual([]);
  });
});

test("what is older than a minute, or of a clock that has moved, says nothing", () => {
  const now = 1_800_000_000_000;
  const calls = [{ at: now - 30_000, method: "threads.get", count: 3 }] as const;
  const minute = { asOf: now - 20_000, knownSince: now - 40_000, ended: true, calls };
  expect(lookBack(minute, now)).toEqual({ calls, mayBe: [], knownSince: now - 40_000 });
  const unknown = { calls: [], mayBe: [], knownSince: now };
  expect(lookBack({ ...minute, asOf: now - 2 * MINUTE }, now)).toEqual(unknown);
  expect(lookBack({ ...minute, asOf: now + 10 }, now)).toEqual(unknown);
  expect(lookBack(undefined, now)).toEqual(unknown);
});
