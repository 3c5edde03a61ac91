import { expect, test } from "vitest";

import { createRefusalBudget } from "./refusal-budget.ts";

const MINUTE = 60_000;

test("is spent after 24 refusals within an hour, and comes back as they grow old", () => {
  const budget = createRefusalBudget();
  for (let minute = 0; minute < 23; minute += 1) budget.refused(minute * MINUTE);
  expect(budget.isSpent(23 * MINUTE)).toBe(false);
  budget.refused(23 * MINUTE);
  expect(budget.isSpent(23 * MINUTE)).toBe(true);
  expect(budget.isSpent(59 * MINUTE)).toBe(true);
  expect(budget.isSpent(60 * MINUTE + 1)).toBe(false);
});

test("refusals that are far enough apart never spend it", () => {
  const budget = createRefusalBudget();
  for (let third = 0; third < 100; third += 1) {
    budget.refused(third * 3 * MINUTE);
    expect(budget.isSpent(third * 3 * MINUTE)).toBe(false);
  }
});
