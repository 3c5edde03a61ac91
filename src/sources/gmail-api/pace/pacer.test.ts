import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { manualClock, type ManualClock } from "../../../../test/manual-clock.ts";
import { fixedWindow, serve, slidingWindow } from "../../../../test/quota-server.ts";
import { METHODS, PRICES, type Method } from "../../../core/quota.ts";
import type { Turn } from "../../../core/ports/pacer.ts";
import { embeddedBudget } from "../../../state/embedded/budget.ts";
import { createPacer, type PacerOptions } from "./pacer.ts";
import type { LeaseUnits } from "./project-share.ts";
import { projectBudget } from "../../../../test/project-budget.ts";

const NEVER = new AbortController().signal;
const MINUTE = 60_000;

const pacerOn = (clock: ManualClock, options: Partial<PacerOptions> = {}) =>
  createPacer({ clock, tier: "2026", maxInFlight: 10, project: projectBudget(clock), ...options });

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

/** As many turns as can be had at once, given minutes of time; nobody is left waiting. */
const fill = async (pacer: ReturnType<typeof pacerOn>, clock: ManualClock): Promise<Turn[]> => {
  const turns: Turn[] = [];
  const stop = new AbortController();
  const asked = Array.from({ length: 20 }, async () => turns.push(await pacer.turn("getProfile", stop.signal)));
  await clock.advance(5 * MINUTE);
  stop.abort();
  await Promise.allSettled(asked);
  return turns;
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

describe("refusals", () => {
  test("a lock-out holds the whole account until its time, also when it moves, and is told", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock);
    const until = clock.now() + 15 * MINUTE;
    pacer.refused({ code: "locked_out", at: until });
    pacer.refused({ code: "locked_out", at: until + MINUTE });
    expect(pacer.pace().waitingUntil).toBe(until + MINUTE);
    const turn = clock.run(pacer.turn("messages.get", NEVER));
    await turn;
    expect(clock.now()).toBe(until + MINUTE);
    expect(pacer.pace().waitingUntil).toBeUndefined();
  });

  test("a named window is the longest wait, never an order: a call is tried sooner, where units may flow back", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock);
    const begun = clock.now();
    const first = await pacer.turn("messages.get", NEVER);
    first.sent();
    await clock.advance(100);
    pacer.refused({ code: "quota_exceeded", at: begun + 50_000, unitsPerMinute: 6_000 }, first);
    first.done();
    await clock.run(pacer.turn("messages.get", NEVER));
    expect(clock.now() - begun).toBeLessThan(5_000);
  });

  test("where nothing flows back, all wait for the window that was named, and then it goes on", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { unitsPerMinute: 6_000 });
    const meter = fixedWindow(2_000, { saysWhen: true });
    const { units, refused } = await serve({ meter, tier: "2026" }, pacer, clock, {
      minutes: 4,
      method: "messages.get",
    });
    expect(Math.min(...units)).toBeGreaterThan(1_800);
    expect(refused).toBeLessThan(12);
  });

  test("after one, a single call goes, and the others only once it got through", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { unitsPerMinute: 1e6 });
    pacer.refused({ code: "quota_exceeded" });
    const turns: Turn[] = [];
    for (let call = 0; call < 5; call += 1) void pacer.turn("messages.get", NEVER).then((turn) => turns.push(turn));
    await clock.advance(10 * MINUTE);
    expect(turns).toHaveLength(1);
    pacer.accepted();
    turns[0]!.done();
    await clock.advance(MINUTE);
    expect(turns).toHaveLength(5);
  });

  test("are waited for ever longer, though cheap calls get through between them", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock);
    const waits: number[] = [];
    let before = clock.now();
    for (let call = 0; call < 5; call += 1) {
      const read = await clock.run(pacer.turn("messages.get", NEVER));
      waits.push(clock.now() - before);
      before = clock.now();
      read.sent();
      pacer.refused({ code: "quota_exceeded" }, read);
      read.done();
      const cheap = await clock.run(pacer.turn("getProfile", NEVER));
      cheap.sent();
      pacer.accepted(cheap);
      cheap.done();
    }
    expect(waits[4]).toBeGreaterThan(4 * Math.max(1, waits[1]!));
  });

  test("one after the other are asked ever more seldom, and at least once a minute", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { unitsPerMinute: 1e6 });
    const waits: number[] = [];
    for (let call = 0; call < 12; call += 1) {
      const before = clock.now();
      const turn = await clock.run(pacer.turn("messages.get", NEVER));
      turn.sent();
      waits.push(clock.now() - before);
      await clock.advance(100);
      pacer.refused({ code: "quota_exceeded" }, turn);
      turn.done();
    }
    expect(waits.slice(1)).toEqual(waits.slice(1).toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBeGreaterThan(30_000);
    expect(waits.at(-1)).toBeLessThanOrEqual(MINUTE);
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

test("a lock-out ends the wait of those who wait for their turn already, so that it is told at once", async () => {
  const clock = manualClock();
  const pacer = pacerOn(clock, { maxInFlight: 1 });
  const sent = await pacer.turn("messages.get", NEVER);
  const waiting = pacer.turn("messages.get", NEVER);
  sent.sent();
  pacer.refused({ code: "locked_out", at: clock.now() + 3_600_000 }, sent);
  sent.done();
  await expect(waiting).rejects.toMatchObject({ failure: { code: "locked_out", at: clock.now() + 3_600_000 } });
  expect(clock.sleepers()).toBe(0);
});

test("when nobody waits any more nothing sleeps, however long Google bade it wait", async () => {
  const clock = manualClock();
  const pacer = pacerOn(clock);
  pacer.refused({ code: "locked_out", at: clock.now() + 3_600_000 });
  const leaver = new AbortController();
  const leaving = pacer.turn("getProfile", leaver.signal);
  expect(clock.sleepers()).toBe(1);
  leaver.abort(new Error("left"));
  await expect(leaving).rejects.toThrow("left");
  expect(clock.sleepers()).toBe(0);
});

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
});

test("as long as a higher limit is looked for, what is told is that of a new project, and that it may be more", () => {
  const clock = manualClock();
  const project = projectBudget(clock, 1_200_000);
  const unknown = createPacer({ clock, tier: "auto", maxInFlight: 10, project });
  expect(unknown.pace()).toMatchObject({ unitsPerMinute: 6_000, isSought: true });
  const fixed = createPacer({ clock, tier: "2026", maxInFlight: 10, project });
  expect(fixed.pace().isSought).toBeUndefined();
});
