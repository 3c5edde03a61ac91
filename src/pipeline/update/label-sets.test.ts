import { expect, test } from "vitest";

import { createLabelSets } from "./label-sets.ts";

test("the same labels are the same set, whichever came first and however often", () => {
  const sets = createLabelSets();
  const one = sets.with(sets.with(sets.with(0, 7), 3), 7);
  expect(one).toBe(sets.with(sets.with(0, 3), 7));
  expect(one).toBe(sets.of([7, 3, 3]));
  expect(sets.labels(one)).toEqual([3, 7]);
  expect(sets.labels(0)).toEqual([]);
  expect(sets.of([])).toBe(0);
});

test("sets that differ are different ones", () => {
  const sets = createLabelSets();
  const all = [sets.of([1, 12]), sets.of([11, 2]), sets.of([1, 1, 2]), sets.with(sets.of([1]), 0), sets.of([112])];
  expect(new Set(all).size).toBe(all.length);
});
