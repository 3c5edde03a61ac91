import { expect, test } from "vitest";

import { manualClock } from "../../../../test/manual-clock.ts";
import { projectBudget } from "../../../../test/project-budget.ts";
import { createProjectShare, type LeaseUnits } from "./project-share.ts";

/** A share of a project with this limit; what was leased and given back is written down. */
function shareOf(unitsPerMinute?: number) {
  const clock = manualClock();
  const lease = projectBudget(clock, unitsPerMinute);
  const told: string[] = [];
  const watched: LeaseUnits = async (units, signal) => {
    const portion = await lease(units, signal);
    told.push(`leased ${Math.round(portion.units)}`);
    return {
      ...portion,
      async end(unspent) {
        told.push(`back ${Math.round(unspent)}`);
        await portion.end(unspent);
      },
    };
  };
  let calls = 0;
  const share = createProjectShare(watched, () => (calls += 1));
  const take = (units: number, pace: number): boolean => share.take(units, pace, clock.now());
  return { clock, share, take, told, more: () => calls };
}

test("units of a second are leased at once; calls take of them without waiting, and more comes before they are spent", async () => {
  const { clock, take, told, more } = shareOf();
  expect(take(20, 6_000)).toBe(false);
  await clock.advance(0);
  expect([told, more()]).toEqual([["leased 100"], 1]);
  for (let call = 0; call < 200; call += 1) {
    expect(take(20, 6_000)).toBe(true);
    await clock.advance(200);
  }
  expect(told.filter((one) => one.startsWith("leased")).length).toBeLessThan(70);
  expect(told.filter((one) => one === "back 0").length).toBeGreaterThan(20);
  expect(more()).toBe(1); // nobody waited a second time
});

test("a slow account leases what one call needs, when it needs it", async () => {
  const { clock, take, told } = shareOf();
  for (let call = 0; call < 3; call += 1) {
    expect(take(40, 1_000)).toBe(false);
    await clock.advance(0);
    expect(take(40, 1_000)).toBe(true);
    await clock.advance(2_400);
  }
  expect(told).toEqual(["leased 40", "back 0", "leased 40", "back 0", "leased 40", "back 0"]);
});

test("what was not spent in its time goes back, and is not spent later", async () => {
  const { clock, take, told } = shareOf();
  take(20, 6_000);
  await clock.advance(0);
  expect(take(20, 6_000)).toBe(true);
  await clock.advance(60_000);
  expect(take(20, 6_000)).toBe(false);
  await clock.advance(0);
  expect(told).toEqual(["leased 100", "back 80", "leased 100"]);
});

test("what nobody waits for any more is called off, and is another's", async () => {
  const { clock, share, take, told, more } = shareOf(60);
  take(60, 60);
  await clock.advance(0);
  expect(take(60, 60)).toBe(true);
  expect(take(60, 60)).toBe(false);
  share.callOff();
  await clock.advance(120_000);
  expect([told, more(), clock.sleepers()]).toEqual([["leased 60", "back 0"], 1, 0]);
});
