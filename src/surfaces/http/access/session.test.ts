import { describe, expect, test } from "vitest";

import { manualClock } from "../../../../test/manual-clock.ts";
import { Secret } from "../../../core/secret.ts";
import { sessionsFor } from "./session.ts";

const HOURS = 3_600_000;
const KEY = new Secret("k".repeat(43));

describe("a session", () => {
  test("lasts twelve hours, and no longer", async () => {
    const clock = manualClock();
    const sessions = sessionsFor(KEY, clock);
    const { value, expiresAt } = sessions.begin();
    expect(expiresAt - clock.now()).toBe(12 * HOURS);
    expect(sessions.expiryOf(value)).toBe(expiresAt);
    await clock.advance(12 * HOURS - 1);
    expect(sessions.expiryOf(value)).toBe(expiresAt);
    await clock.advance(1);
    expect(sessions.expiryOf(value)).toBeUndefined();
  });

  test("outlives a restart, and ends with another API key", () => {
    const clock = manualClock();
    const { value, expiresAt } = sessionsFor(KEY, clock).begin();
    expect(sessionsFor(KEY, clock).expiryOf(value)).toBe(expiresAt);
    expect(sessionsFor(new Secret("l".repeat(43)), clock).expiryOf(value)).toBeUndefined();
  });

  test("is over once it is ended; others go on", () => {
    const sessions = sessionsFor(KEY, manualClock());
    const [one, other] = [sessions.begin(), sessions.begin()];
    sessions.end(one.value);
    expect(sessions.expiryOf(one.value)).toBeUndefined();
    expect(sessions.expiryOf(other.value)).toBe(other.expiresAt);
    sessions.end("nobody's");
  });

  test("cannot be changed in any character, made longer or shorter, or made of parts of others", () => {
    const sessions = sessionsFor(KEY, manualClock());
    const { value } = sessions.begin();
    for (let at = 0; at < value.length; at += 1)
      for (const character of ["A", "B", "0", "9", "-", "."]) {
        if (value[at] === character) continue;
        const changed = value.slice(0, at) + character + value.slice(at + 1);
        expect(sessions.expiryOf(changed), changed).toBeUndefined();
      }
    const [id, end, seal] = value.split(".");
    const [otherId, , otherSeal] = sessions.begin().value.split(".");
    const made = [
      `${otherId}.${end}.${seal}`,
      `${id}.${end}.${otherSeal}`,
      `${id}.${end}`,
      `${id}.${Number(end) + 1}.${seal}`,
    ];
    for (const forged of [...made, `${value}=`, `${value}.`, ` ${value}`, "", "..", value.slice(0, -1)])
      expect(sessions.expiryOf(forged), forged).toBeUndefined();
  });
});
