import fc from "fast-check";
import { expect, test } from "vitest";

import { COUNTS, spanOf, ticksOf, topOf } from "./ticks.ts";

test("the steps of every axis are whole and grow", () => {
  for (const steps of [COUNTS, ticksOf("line"), ticksOf("area"), ticksOf("bars")]) {
    expect(steps.every(Number.isInteger)).toBe(true);
    expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
  }
});

test("the bottom axis has a width, whatever it shows, and holds all of it", () => {
  const moment = fc.integer({ min: 0, max: 4e12 });
  fc.assert(
    fc.property(fc.constantFrom("line", "area", "bars"), moment, moment, (kind, a, b) => {
      const [from, until] = [Math.min(a, b), Math.max(a, b)];
      const [start, end] = spanOf(kind, from, until);
      expect(end).toBeGreaterThan(start);
      expect(start <= from && until <= end).toBe(true);
    }),
  );
  expect(spanOf("line", null, null)).toEqual([0, 1]);
});

test("the left axis begins at nothing and ends above the highest value", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), (highest) => topOf(highest) > highest || highest === 0),
  );
  expect([topOf(null), topOf(0)]).toEqual([1, 1]);
});
