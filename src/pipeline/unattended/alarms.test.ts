import { describe, expect, test } from "vitest";

import type { Notice, Watched } from "../../core/export/alarm.ts";
import type { AlarmRecord } from "../../core/ports/alarm-memory.ts";
import { alarmsDue, currentTroubles, noticeOf, recordAfter, recordWith } from "./alarms.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 28, 8);

const WELL: Watched = {
  id: "one",
  account: "ada@example.com",
  exportId: "8e6b",
  paused: false,
  since: START - DAY,
  run: { state: "completed", at: START - HOUR },
  provenAt: START - HOUR,
  grant: undefined,
};
const WAITS: Partial<Watched> = { run: { state: "needs_sign_in", at: START } };
const SIGNED_IN: Partial<Watched> = { run: { state: "queued", at: START }, grant: { grantedAt: START } };

/** Looks every minute from the start on, for so long; what is told, and after how long. */
function watchFor(
  ms: number,
  stateAt: (after: number) => Partial<Watched> | undefined,
  takesAt: (after: number) => boolean = () => true,
): { told: string[]; tried: string[] } {
  let record: AlarmRecord = {};
  const [told, tried]: [string[], string[]] = [[], []];
  for (let after = 0; after <= ms; after += MINUTE) {
    const now = START + after;
    const state = stateAt(after);
    // Proven all the time, unless a state says otherwise.
    const schedules = state ? [{ ...WELL, provenAt: now - HOUR, ...state }] : [];
    record = recordAfter(JSON.parse(JSON.stringify(record)), schedules, now, 2 * DAY);
    for (const due of alarmsDue(record, schedules, now)) {
      const notice: Notice = noticeOf(due);
      const name = notice.resolves ? `${notice.event} ${notice.resolves}` : notice.event;
      tried.push(`${name} +${after / MINUTE}m`);
      if (takesAt(after)) told.push(`${name} +${after / MINUTE}m`);
      record = recordWith(record, due, takesAt(after), now);
    }
  }
  return { told, tried };
}

const until =
  (end: number, state: Partial<Watched>, then: Partial<Watched> = {}) =>
  (after: number) =>
    after < end ? state : then;

describe("an alarm", () => {
  test("is told once when it begins, then once a day, and when it is over", () => {
    const { told } = watchFor(4 * DAY, until(2.5 * DAY, WAITS, SIGNED_IN));
    expect(told).toEqual([
      "needs_sign_in +0m",
      "needs_sign_in +1440m",
      "needs_sign_in +2880m",
      "resolved needs_sign_in +3600m",
    ]);
  });

  test("is told anew when it comes back", () => {
    const states = (after: number) => (after < HOUR || after >= 2 * HOUR ? WAITS : SIGNED_IN);
    expect(watchFor(3 * HOUR, states).told).toEqual([
      "needs_sign_in +0m",
      "resolved needs_sign_in +60m",
      "needs_sign_in +120m",
    ]);
  });

  test("that the receiver does not take is tried again for an hour, ever more seldom, and then the next day", () => {
    const away = watchFor(
      DAY + HOUR,
      () => WAITS,
      (after) => after > DAY,
    );
    expect(away.tried.map((one) => Number(/\d+/.exec(one)))).toEqual([0, 1, 3, 7, 15, 30, 45, 60, 1440, 1441]);
    expect(away.told).toEqual(["needs_sign_in +1441m"]);
  });

  test("that was taken late is told the next day at the time at which it began", () => {
    const { told } = watchFor(
      DAY + HOUR,
      () => WAITS,
      (after) => after >= 10 * MINUTE,
    );
    expect(told).toEqual(["needs_sign_in +15m", "needs_sign_in +1440m"]);
  });

  test("that is over before anybody heard of it is not told, nor that it is over", () => {
    const { told } = watchFor(3 * DAY, until(HOUR, WAITS, SIGNED_IN), (after) => after >= HOUR);
    expect(told).toEqual([]);
  });

  test("whose end is not taken is told to be over later, for a week", () => {
    const states = until(HOUR, WAITS, SIGNED_IN);
    const away = (end: number) => (after: number) => after < HOUR || after >= end;
    const back = watchFor(3 * DAY, states, away(2 * DAY)).told;
    expect(back).toEqual(["needs_sign_in +0m", `resolved needs_sign_in +${2 * 1440 + 60}m`]);
    expect(watchFor(9 * DAY, states, away(8 * DAY)).told).toEqual(["needs_sign_in +0m"]);
  });

  test("of a schedule that is paused rests, and goes on afterwards", () => {
    const paused = { ...WAITS, paused: true };
    expect(watchFor(2 * DAY, () => paused).told).toEqual([]);
    const states = (after: number) => (after > HOUR && after < 1.5 * DAY ? paused : WAITS);
    expect(watchFor(2 * DAY + HOUR, states).told).toEqual([
      "needs_sign_in +0m",
      "needs_sign_in +2160m",
      "needs_sign_in +2880m",
    ]);
    const ended = (after: number) => (after < HOUR ? WAITS : after < DAY ? paused : SIGNED_IN);
    expect(watchFor(2 * DAY, ended).told).toEqual(["needs_sign_in +0m", "resolved needs_sign_in +1440m"]);
  });

  test("of a schedule that is removed is forgotten", () => {
    expect(watchFor(2 * DAY, (after) => (after < HOUR ? WAITS : undefined)).told).toEqual(["needs_sign_in +0m"]);
  });

  test("is not silenced by a clock that was years ahead when it was told", () => {
    const ahead = START + 3_650 * DAY;
    let record = recordAfter({}, [{ ...WELL, ...WAITS, provenAt: ahead }], ahead, 2 * DAY);
    for (const due of alarmsDue(record, [WELL], ahead)) record = recordWith(record, due, true, ahead);
    const schedules = [{ ...WELL, ...WAITS }];
    record = recordAfter(record, schedules, START, 2 * DAY);
    expect(alarmsDue(record, schedules, START)).toEqual([]);
    record = recordAfter(record, schedules, START + DAY, 2 * DAY);
    expect(alarmsDue(record, schedules, START + DAY)).toHaveLength(1);
  });
});

test("a run that puts the proof aside does not make an export unproven that was proven lately", () => {
  const proven = (after: number): Partial<Watched> =>
    after < HOUR ? { provenAt: START } : { provenAt: undefined, run: { state: "running", at: START } };
  expect(watchFor(3 * DAY, proven).told).toEqual(["unproven +2881m"]);
});

test("that a sign-in ends soon is told once; where it then ends, only that is told", () => {
  const grant = { grantedAt: START - 6 * DAY };
  const lasting = (after: number): Partial<Watched> => ({ grant, provenAt: START + (after > 1.5 * DAY ? after : 0) });
  expect(watchFor(3 * DAY, lasting).told).toEqual(["sign_in_ends_soon +0m", "resolved sign_in_ends_soon +2161m"]);
  const ending = (after: number): Partial<Watched> => ({ grant: after > DAY + HOUR ? "revoked" : grant });
  expect(watchFor(1.5 * DAY, ending).told).toEqual(["sign_in_ends_soon +0m", "needs_sign_in +1501m"]);
});

test("what is wrong now is told without a look of the watch, by what it remembers", () => {
  const remembered = { alarms: [], provenAt: START - 3 * DAY };
  const events = (schedule: Watched) => currentTroubles(remembered, schedule, START, 2 * DAY).map(({ event }) => event);
  expect(events({ ...WELL, provenAt: undefined })).toEqual(["unproven"]);
  expect(events({ ...WELL, provenAt: undefined, paused: true })).toEqual([]);
});
