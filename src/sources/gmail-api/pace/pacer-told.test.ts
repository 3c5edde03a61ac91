import { expect, test } from "vitest";

import { manualClock } from "../../../../test/manual-clock.ts";
import { projectBudget } from "../../../../test/project-budget.ts";
import { PRICES } from "../../../core/quota.ts";
import { createPacer } from "./pacer.ts";
import { NEVER, pacerOn } from "./testing.ts";

test("what was spent is told at list prices by method: refused calls included, turns that were given back unused not", async () => {
  const clock = manualClock();
  const pacer = pacerOn(clock, { unitsPerMinute: 1e6 });
  for (const method of ["threads.get", "messages.get", "messages.get"] as const)
    await clock.run(pacer.turn(method, NEVER)).then((turn) => {
      turn.sent();
      turn.done();
    });
  (await clock.run(pacer.turn("messages.get", NEVER))).done();
  pacer.refused({ code: "too_many_concurrent" });
  expect(pacer.spent()).toEqual({
    tier: "2026",
    units: 80,
    calls: { "messages.get": 2, "threads.get": 1 },
    refused: 1,
  });
});

test("a minute that is spent is told until the next call may go, and an even pace is no wait", async () => {
  const clock = manualClock();
  const at = clock.now() - 20_000;
  const calls = [{ at, method: "messages.get" as const, count: 310 }];
  const pacer = pacerOn(clock, { before: { calls, mayBe: [], knownSince: at } });
  const stop = new AbortController();
  const waiting = Array.from({ length: 40 }, async () => {
    const turn = await pacer.turn("messages.get", stop.signal);
    turn.sent();
    turn.done();
  });
  const until = pacer.pace().waitingUntil!;
  expect(until - clock.now()).toBeGreaterThan(30_000);
  expect(until - clock.now()).toBeLessThanOrEqual(42_000);
  await clock.advance(until - clock.now() + 2_000);
  expect(pacer.spent().calls["messages.get"]).toBeGreaterThan(0);
  expect(pacer.pace().waitingUntil).toBeUndefined();
  stop.abort();
  await Promise.allSettled(waiting);
});

test("calls are foreseen to take no less than their answers do, whatever units allow", async () => {
  const clock = manualClock();
  const pacer = pacerOn(clock);
  const turn = await clock.run(pacer.turn("messages.get", NEVER));
  turn.sent();
  await clock.advance(30_000);
  pacer.accepted(turn);
  turn.done();
  const { likely, from } = pacer.foresee([{ method: "messages.get", format: "full", count: 100 }]);
  expect(likely).toBe(5); // ten at a time
  expect(from).toBe(5);
});

test("as long as nothing is known a project is taken for a new one, however long a mailbox is listed", async () => {
  const clock = manualClock();
  const pacer = pacerOn(clock, { tier: "auto" });
  for (let page = 0; page < 40; page += 1) {
    const turn = await clock.run(pacer.turn("messages.list", NEVER));
    turn.sent();
    await clock.advance(300);
    pacer.accepted(turn);
    turn.done();
  }
  expect(pacer.pace()).toMatchObject({ unitsPerMinute: 6_000, isSought: true });
  expect(pacer.prices).toEqual(PRICES["2026"]);
  expect(pacer.spent()).toMatchObject({ tier: "2026", units: 200 });
  expect(pacer.pace().usedLastMinute).toBeCloseTo(200); // a listing is no dearer because much is hoped for
});

test("as long as a higher limit is looked for, what is told is that of a new project, and that it may be more", () => {
  const clock = manualClock();
  const project = projectBudget(clock, 1_200_000);
  const unknown = createPacer({ clock, tier: "auto", maxInFlight: 10, project });
  expect(unknown.pace()).toMatchObject({ unitsPerMinute: 6_000, isSought: true });
  const fixed = createPacer({ clock, tier: "2026", maxInFlight: 10, project });
  expect(fixed.pace().isSought).toBeUndefined();
});
