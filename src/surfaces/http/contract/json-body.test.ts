import fc from "fast-check";
import { expect, test } from "vitest";

import { nestingOf } from "./json-body.ts";

const levelsOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(levelsOf)) : 0;

test("the nesting of any JSON is that of its value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => nestingOf(JSON.stringify(value)) === levelsOf(value)),
  );
  expect(nestingOf(String.raw`{"[[\"[": "{\\", "b": [1]}`)).toBe(2);
});

test("text that is no JSON has a nesting too, and takes no longer than it is long", () => {
  fc.assert(fc.property(fc.string(), (text) => nestingOf(text) <= text.length));
  expect(nestingOf("[".repeat(65_536))).toBe(65_536);
  expect(nestingOf(`"${"\\".repeat(65_535)}`)).toBe(0);
});
