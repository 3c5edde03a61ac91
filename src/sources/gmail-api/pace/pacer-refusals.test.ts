import { describe, expect, test } from "vitest";

import { manualClock } from "../../../../test/manual-clock.ts";
import { fixedWindow, serve } from "../../../../test/quota-server.ts";
import type { Turn } from "../../../core/ports/pacer.ts";
import { MINUTE, NEVER, pacerOn } from "./testing.ts";

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

  test("bytes that are refused are asked for ever more seldom, from a quarter of an hour to two hours, and at the time that is named", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock);
    const waits: number[] = [];
    for (let refusal = 0; refusal < 5; refusal += 1) {
      const turn = await clock.run(pacer.turn("messages.get", NEVER, "raw"));
      turn.sent();
      pacer.refused({ code: "bandwidth_exceeded" }, turn);
      turn.done();
      expect(pacer.pace().waitsForBytes).toBe(true);
      waits.push((pacer.pace().waitingUntil! - clock.now()) / MINUTE);
    }
    expect(waits).toEqual([15, 30, 60, 120, 120]);
    const turn = await clock.run(pacer.turn("messages.get", NEVER, "raw"));
    expect(pacer.pace().waitsForBytes).toBeUndefined();
    const at = clock.now() + 5 * MINUTE;
    pacer.refused({ code: "bandwidth_exceeded", at }, turn);
    turn.done();
    expect(pacer.pace().waitingUntil).toBe(at);
  });

  test("bytes that are refused after hours in which they were not are asked for again as soon as at first", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock);
    const refuse = (): number => {
      pacer.refused({ code: "bandwidth_exceeded" });
      return (pacer.pace().waitingUntil! - clock.now()) / MINUTE;
    };
    expect(refuse()).toBe(15);
    (await clock.run(pacer.turn("messages.get", NEVER, "raw"))).done();
    expect(refuse()).toBe(30);
    await clock.advance(5 * 60 * MINUTE);
    (await clock.run(pacer.turn("messages.get", NEVER, "raw"))).done();
    expect(refuse()).toBe(15);
  });

  test("of bytes let a single call go, and the others only once it got through", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock, { unitsPerMinute: 1e6 });
    pacer.refused({ code: "bandwidth_exceeded", at: clock.now() + MINUTE });
    const turns: Turn[] = [];
    for (let call = 0; call < 5; call += 1) void pacer.turn("messages.get", NEVER).then((turn) => turns.push(turn));
    await clock.advance(10 * MINUTE);
    expect(turns).toHaveLength(1);
    pacer.accepted(turns[0]);
    turns[0]!.done();
    await clock.advance(MINUTE);
    expect(turns).toHaveLength(5);
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

  test("a window that is over already, such as the day's, is no leave to go on at once", async () => {
    const clock = manualClock();
    const pacer = pacerOn(clock);
    let waited = 0;
    for (let call = 0; call < 4; call += 1) {
      const before = clock.now();
      const turn = await clock.run(pacer.turn("messages.get", NEVER));
      turn.sent();
      waited = clock.now() - before;
      pacer.refused({ code: "quota_exceeded", at: clock.now() - 3_600_000 }, turn);
      turn.done();
    }
    expect(waited).toBeGreaterThan(500);
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
