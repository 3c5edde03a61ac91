import { expect, test } from "vitest";

import { assertMove, stateAfter, LIVE, mayAsk, STATE_NAMES, type StateName, type Wish } from "./job.ts";

const movesFrom = (from: StateName): StateName[] =>
  STATE_NAMES.filter((to) => {
    try {
      assertMove(from, to);
      return true;
    } catch {
      return false;
    }
  });

test("an export goes from state to state as the table says, and no other way", () => {
  expect(Object.fromEntries(STATE_NAMES.map((from) => [from, movesFrom(from)]))).toEqual({
    queued: ["running", "paused", "cancelled"],
    running: STATE_NAMES.filter((to) => to !== "running"),
    paused: ["queued", "cancelled"],
    waiting: ["queued", "running", "paused", "cancelled"],
    needs_sign_in: ["queued", "paused", "cancelled"],
    completed: [],
    completed_with_failures: ["queued"],
    failed: ["queued"],
    cancelled: [],
  });
});

test("a move that there is not is a defect that names both states", () => {
  expect(() => assertMove("completed", "running")).toThrow("an export cannot go from completed to running");
});

test("whatever may be asked in a state leads to one that can be reached from it", () => {
  for (const wish of ["pause", "resume", "cancel", "retry_failed"] as const satisfies readonly Wish[])
    for (const state of STATE_NAMES.filter((name) => mayAsk(wish, name)))
      expect(movesFrom(state), `${wish} of ${state}`).toContain(stateAfter(wish).state);
});

test("what has ended for good goes nowhere, and what is live can be cancelled", () => {
  for (const state of STATE_NAMES.filter((name) => movesFrom(name).length === 0)) expect(LIVE).not.toContain(state);
  for (const state of LIVE) expect(movesFrom(state)).toContain("cancelled");
});
