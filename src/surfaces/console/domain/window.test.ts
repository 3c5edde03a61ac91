import fc from "fast-check";
import { expect, test } from "vitest";

import { windowOf } from "./window.ts";

const ROW = 52;

test("of ten thousand rows a few are there, and the table is as high as if all were", () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(600_000), fc.nat(1_200), (rows, scrollTop, height) => {
      const { from, to, above, below } = windowOf(rows, ROW, scrollTop, height);
      expect(above + (to - from) * ROW + below).toBe(rows * ROW);
      expect(to - from).toBeLessThanOrEqual(height / ROW + 20);
      expect([from >= 0, to <= rows, to >= from]).toEqual([true, true, true]);
    }),
  );
});

test("what can be seen is there, wherever it was scrolled to", () => {
  for (const scrollTop of [0, 1, 51, 52, 5_000, 519_000]) {
    const { from, to } = windowOf(10_000, ROW, scrollTop, 600);
    expect(from * ROW).toBeLessThanOrEqual(scrollTop);
    expect(to * ROW).toBeGreaterThanOrEqual(Math.min(scrollTop + 600, 520_000));
  }
});

test("a list that became shorter than where it was scrolled to shows its end", () => {
  expect(windowOf(3, ROW, 100_000, 600)).toEqual({ from: 0, to: 3, above: 0, below: 0 });
  expect(windowOf(0, ROW, 100_000, 600)).toEqual({ from: 0, to: 0, above: 0, below: 0 });
});
