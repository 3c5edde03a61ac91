import { expect, test } from "vitest";

import { manualClock } from "../../test/manual-clock.ts";
import type { Pace } from "../core/ports/pacer.ts";
import { createForecaster } from "./forecast.ts";

const MINUTE = 60_000;
const pace: Pace = { unitsPerMinute: 6_000, usedLastMinute: 0, inFlight: 0 };

test("before anything was measured, no speed and no end is told; what is spent of this minute is", () => {
  const clock = manualClock();
  const read = createForecaster(12_000, () => ({ ...pace, usedLastMinute: 45 }), clock).read();
  expect(read).toEqual({
    unitsLeft: 12_000,
    messagesPerMinute: null,
    unitsPerMinute: null,
    unitsThisMinute: 45,
    unitsPerMinuteAllowed: 6_000,
    waitingUntil: null,
    finishAt: null,
  });
});

test("then what was really done counts, be the server as slow as it will", async () => {
  const clock = manualClock();
  const forecaster = createForecaster(6_000, () => pace, clock);
  for (let n = 0; n < 120; n += 1) {
    await clock.advance(500);
    forecaster.done(20, 1);
  }
  const { unitsLeft, messagesPerMinute, unitsPerMinute, finishAt } = forecaster.read();
  expect(unitsLeft).toBe(3_600);
  expect(messagesPerMinute).toBeCloseTo(120, -1);
  expect(unitsPerMinute).toBeCloseTo(2_400, -2);
  expect((finishAt! - clock.now()) / MINUTE).toBeCloseTo(1.5, 1);
});

test("a gate that closes is told at once; no speed from before it, and no end until what follows has settled", async () => {
  const clock = manualClock();
  let waitingUntil: number | undefined;
  const forecaster = createForecaster(
    60_000,
    () => ({ ...pace, ...(waitingUntil !== undefined && { waitingUntil }) }),
    clock,
  );
  const work = async (seconds: number): Promise<void> => {
    for (let n = 0; n < seconds; n += 1) {
      await clock.advance(1_000);
      forecaster.done(100, 5);
    }
  };
  await work(60);
  expect(forecaster.read().finishAt).not.toBeNull();
  waitingUntil = clock.now() + 30_000;
  expect(forecaster.read()).toMatchObject({
    waitingUntil,
    messagesPerMinute: null,
    unitsPerMinute: null,
    finishAt: null,
  });

  await clock.advance(30_000);
  waitingUntil = undefined;
  await work(10);
  expect(forecaster.read()).toMatchObject({
    waitingUntil: null,
    finishAt: null,
    messagesPerMinute: expect.any(Number),
  });
  await work(30);
  const { unitsLeft, messagesPerMinute, finishAt } = forecaster.read();
  expect(messagesPerMinute).toBeCloseTo(300, -1);
  expect((finishAt! - clock.now()) / MINUTE).toBeCloseTo(unitsLeft / 6_000, 1);
});

test("an end is never told from a burst that is faster than any minute may be", async () => {
  const clock = manualClock();
  const forecaster = createForecaster(60_000, () => pace, clock);
  for (let n = 0; n < 10; n += 1) {
    await clock.advance(1_000);
    forecaster.done(1_000, 50);
  }
  const { unitsLeft, finishAt } = forecaster.read();
  expect((finishAt! - clock.now()) / MINUTE).toBeCloseTo(unitsLeft / 6_000, 2);
});

test("when nothing moves, no time is promised", async () => {
  const clock = manualClock();
  const forecaster = createForecaster(6_000, () => pace, clock);
  await clock.advance(2 * MINUTE);
  expect(forecaster.read().finishAt).toBeNull();
});

test("while a higher limit is looked for, no end is told", async () => {
  const clock = manualClock();
  const forecaster = createForecaster(60_000, () => ({ ...pace, isSought: true }), clock);
  for (let n = 0; n < 40; n += 1) {
    await clock.advance(1_000);
    forecaster.done(100, 5);
  }
  expect(forecaster.read()).toMatchObject({ finishAt: null, messagesPerMinute: expect.closeTo(300, -1) });
});
