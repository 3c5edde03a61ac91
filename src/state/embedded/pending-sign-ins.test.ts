import { expect, test } from "vitest";

import { ExportError } from "../../core/errors.ts";
import { Secret } from "../../core/ports.ts";
import { pendingSignIns } from "./pending-sign-ins.ts";
import { jumpingClock } from "../../google/testing.ts";

const begun = { account: "", redirectUri: "http://localhost/", codeVerifier: new Secret("v") };

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ExportError && error.failure.code === "state_invalid") return error.failure.message;
    throw error;
  }
  return "taken";
}

test("a sign-in is taken once, by the browser that began it", () => {
  const pending = pendingSignIns(jumpingClock());
  const { state, browserKey } = pending.add(begun);
  expect(messageOf(() => pending.take(state, "another"))).toMatch(/another browser/);
  expect(messageOf(() => pending.take(state, ""))).toMatch(/another browser/);
  expect(pending.take(state, browserKey)).toBe(begun);
  expect(messageOf(() => pending.take(state, browserKey))).toMatch(/used already/);
});

test("a state that is missing or unknown is refused", () => {
  const pending = pendingSignIns(jumpingClock());
  const { browserKey } = pending.add(begun);
  expect(messageOf(() => pending.take(undefined, browserKey))).toMatch(/carries no state/);
  expect(messageOf(() => pending.take("", browserKey))).toMatch(/carries no state/);
  expect(messageOf(() => pending.take("guess", browserKey))).toMatch(/not begun here/);
});

test("a sign-in is good for ten minutes", () => {
  const clock = jumpingClock();
  const pending = pendingSignIns(clock);
  const first = pending.add(begun);
  clock.advance(10 * 60_000 - 1);
  const second = pending.add(begun);
  expect(pending.take(first.state, first.browserKey)).toBe(begun);
  clock.advance(10 * 60_000);
  expect(messageOf(() => pending.take(second.state, second.browserKey))).toMatch(/ten minutes/);
});

test("state and browser key have 256 bits each, and nothing in common", () => {
  const { state, browserKey } = pendingSignIns(jumpingClock()).add(begun);
  expect(Buffer.from(state, "base64url")).toHaveLength(32);
  expect(Buffer.from(browserKey, "base64url")).toHaveLength(32);
  expect(state).not.toBe(browserKey);
});

test("beyond a thousand the oldest is forgotten", () => {
  const pending = pendingSignIns(jumpingClock());
  const all = Array.from({ length: 1_001 }, () => pending.add(begun));
  expect(messageOf(() => pending.take(all[0]!.state, all[0]!.browserKey))).toMatch(/not begun here/);
  expect(messageOf(() => pending.take(all[1]!.state, all[1]!.browserKey))).toBe("taken");
});
