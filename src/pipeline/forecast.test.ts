import { expect, test } from "vitest";

import { manualClock } from "../../test/manual-clock.ts";
import type { Pace } from "../core/quota.ts";
import { createForecaster } from "./forecast.ts";

const MINUTE = 60_000;
const pace: Pace = { unitsPerMinute: 6_000, usedLastMinute: 0, inFlight: 0 };

test("before anything was measured, what the pacer allows is believed", () => {
  const clock = manualClock();
  const { unitsLeft, finishAt } = createForecaster(12_000, () => pace, clock).read();
  expect({ unitsLeft, minutes: (finishAt! - clock.now()) / MINUTE }).toEqual({ unitsLeft: 12_000, minutes: 2 });
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

test("a wait that Google asked for is added, and does not spoil the measure of what comes after", async () => {
  const clock = manualClock();
  let waitingUntil: number | undefined;
  const forecaster = createForecaster(
    6_000,
    () => ({ ...pace, ...(waitingUntil !== undefined && { waitingUntil }) }),
    clock,
  );
  await clock.advance(MINUTE);
  forecaster.done(3_000, 150);
  waitingUntil = clock.now() + 10 * MINUTE;
  const waiting = forecaster.read();
  expect(waiting.waitingUntil).toBe(waitingUntil);
  expect((waiting.finishAt! - clock.now()) / MINUTE).toBeCloseTo(10.5, 1);
  await clock.advance(10 * MINUTE);
  waitingUntil = undefined;
  expect((forecaster.read().finishAt! - clock.now()) / MINUTE).toBeCloseTo(0.5, 1);
});

test("when nothing moves, no time is promised", async () => {
  const clock = manualClock();
  const forecaster = createForecaster(6_000, () => pace, clock);
  await clock.advance(2 * MINUTE);
  expect(forecaster.read().finishAt).toBeNull();
});
