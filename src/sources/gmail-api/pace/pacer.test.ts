import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { manualClock, type ManualClock } from "../../../../test/manual-clock.ts";
import { projectBudget } from "../../../../test/project-budget.ts";
import { serve, slidingWindow } from "../../../../test/quota-server.ts";
import { METHODS, PRICES, type Method } from "../../../core/quota.ts";
import { embeddedBudget } from "../../../state/embedded/budget.ts";
import type { LeaseUnits } from "./project-share.ts";
import { fill, MINUTE, NEVER, pacerOn } from "./testing.ts";

/** Asks for turns of these methods at once and notes when each may go; every call ends as it begins. */
const goTimes = (pacer: ReturnType<typeof pacerOn>, clock: ManualClock, methods: readonly Method[]) => {
  const times: number[] = [];
  const all = Promise.all(
    methods.map(async (method, index) => {
      const turn = await pacer.turn(method, NEVER);
      times[index] = clock.now();
      turn.sent();
      turn.done();
    }),
  );
  return clock.run(all).then(() => times);
};

describe("units over time", () => {
  test("no sliding minute exceeds the limit, whatever is called and however small the limit", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...METHODS), { minLength: 1, maxLength: 150 }),
        fc.integer({ min: 60, max: 20_000 }),
        fc.constantFrom("2026" as const, "legacy" as const),
        async (methods, unitsPerMinute, tier) => {
          const clock = manualClock();
          const pacer = pacerOn(clock, { tier, unitsPerMinute });
          const times = await goTimes(pacer, clock, methods);
          for (const [index, end] of times.entries()) {
            const within = methods.filter((_, other) => other <= index && times[other]! > end - MINUTE);
            const units = within.reduce((sum, method) => sum + PRICES[tier][method], 0);
            expect(units).toBeLessThanOrEqual(unitsPerMinute);
          }
        },
      ),
      { numRuns: 60 },
    ));

  test("turns are given in the order in which they were asked for", async () => {
    const clock = manualClock();
    const times = await goTimes(
      pacerOn(clock),
      clock,
      Array.from({ length: 200 }, (_, i) => METHODS[i % 7]!),
    );
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("calls are spread evenly: no second of it takes more than a second and a half of the limit", async () => {
    const clock = manualClock();
    const times = await goTimes(
      pacerOn(clock),
      clock,
      Array.from({ length: 600 }, () => "messages.get"),
    );
    for (const start of times)
      expect(times.filter((at) => at >= start && at < start + 1_000).length * 20).toBeLessThanOrEqual(170);
  });

  test("an explicit number far away slows nothing down", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { unitsPerMinute: 1e9, project: projectBudget(clock, 1e12) });
    const begun = clock.now();
    for (let call = 0; call < 5_000; call += 1) {
      const turn = await pacer.turn("threads.get", NEVER);
      pacer.accepted();
      turn.done();
    }
    expect(clock.now()).toBe(begun);
    expect(clock.sleepers()).toBe(0);
  });

  test("an explicit number is not changed by the limit that a refusal names", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { tier: "auto", unitsPerMinute: 12_000 });
    const serves12000 = slidingWindow(12_000, { saysLimit: false });
    const meter = {
      charge: (units: number, now: number) =>
        serves12000.charge(units, now) && { code: "quota_exceeded" as const, unitsPerMinute: 6_000 },
    };
    const { units } = await serve({ meter, tier: "2026" }, pacer, clock, { minutes: 3, method: "messages.get" });
    expect(units[2]).toBeGreaterThan(11_000);
  });

  test("accounts of one project share its limit, turn by turn", async () => {
    const clock = manualClock();
    const budget = embeddedBudget(6_000, clock);
    const projectOf =
      (user: string): LeaseUnits =>
      (units, signal) =>
        budget.lease("client", user, units, signal);
    const pacers = ["ada", "bob", "eve"].map((user) =>
      pacerOn(clock, { unitsPerMinute: 1e6, project: projectOf(user) }),
    );
    const calls = Array.from({ length: 100 }, () => "messages.get" as const);
    const begun = clock.now();
    const all = pacers.map(async (pacer) => {
      for (const method of calls) {
        const turn = await pacer.turn(method, NEVER);
        turn.sent();
        turn.done();
      }
      return clock.now() - begun;
    });
    const ends = await clock.run(Promise.all(all));
    expect(Math.min(...ends)).toBeGreaterThan(59_000);
    expect(Math.max(...ends)).toBeLessThan(62_000);
  });
});

describe("the project's budget", () => {
  test("that cannot be asked fails the call that waited for it, and the next one asks again", async () => {
    const clock = manualClock();
    const full = new Error("the disk is full");
    let isAway = true;
    const budget = projectBudget(clock);
    const pacer = pacerOn(clock, {
      project: (units, signal) => (isAway ? Promise.reject(full) : budget(units, signal)),
    });
    await expect(pacer.turn("messages.get", NEVER)).rejects.toBe(full);
    isAway = false;
    (await pacer.turn("messages.get", NEVER)).done();
  });

  test("is not waited for by who was called off", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { unitsPerMinute: 1e6, project: projectBudget(clock, 60) });
    (await pacer.turn("threads.get", NEVER)).done();
    const stop = new AbortController();
    const waiting = pacer.turn("threads.get", stop.signal);
    await clock.advance(1_000);
    expect(clock.sleepers()).toBe(1);
    stop.abort(new Error("called off"));
    await expect(waiting).rejects.toThrow("called off");
    await clock.advance(0);
    expect(clock.sleepers()).toBe(0);
  });
});

describe("calls in flight", () => {
  test("never exceed the number given", async () => {
    const clock = manualClock();
    expect(await fill(pacerOn(clock, { maxInFlight: 7 }), clock)).toHaveLength(7);
  });

  test("are halved when Google says too many, and widen again one by one, up to below what was refused", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { unitsPerMinute: 1e9 });
    const turns = await fill(pacer, clock);
    for (const turn of turns) {
      pacer.refused({ code: "too_many_concurrent" });
      turn.done();
    }
    const narrow = await fill(pacer, clock);
    expect(narrow).toHaveLength(5);
    for (const turn of narrow) turn.done();
    for (let call = 0; call < 200; call += 1) pacer.accepted();
    expect(await fill(pacer, clock)).toHaveLength(9);
  });

  test("a turn is given back once, however often it says so", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { maxInFlight: 2 });
    const [first] = await fill(pacer, clock);
    first!.done();
    first!.done();
    expect(pacer.pace().inFlight).toBe(1);
  });
});

test("a caller that leaves the queue makes room for the next, and rejects with its reason", async () => {
  const clock = manualClock();
  const pacer = pacerOn(clock, { maxInFlight: 1 });
  const first = await pacer.turn("getProfile", NEVER);
  const leaver = new AbortController();
  const leaving = pacer.turn("getProfile", leaver.signal);
  const staying = pacer.turn("getProfile", NEVER);
  leaver.abort(new Error("left"));
  await expect(leaving).rejects.toThrow("left");
  await expect(pacer.turn("getProfile", leaver.signal)).rejects.toThrow("left");
  first.done();
  await clock.run(staying);
  expect(pacer.pace().inFlight).toBe(1);
});
