import { expect, test } from "vitest";

import { EVERYTHING, sameFilter } from "./filter.ts";

const withLabels = (...labels: string[]) => ({ ...EVERYTHING, labels });

test("labels of a filter are a set: order and repetition are nothing, each label counts", () => {
  expect(sameFilter(withLabels("A", "B"), withLabels("B", "A"))).toBe(true);
  expect(sameFilter(withLabels("A", "A"), withLabels("A"))).toBe(true);
  expect(sameFilter(withLabels("A", "A"), withLabels("A", "B"))).toBe(false);
  expect(sameFilter(withLabels("A", "B"), withLabels("A", "A"))).toBe(false);
  expect(sameFilter(withLabels("A"), withLabels())).toBe(false);
});

test("another query, or spam and trash, is another filter", () => {
  expect(sameFilter(EVERYTHING, { ...EVERYTHING })).toBe(true);
  expect(sameFilter(EVERYTHING, { ...EVERYTHING, query: "is:read" })).toBe(false);
  expect(sameFilter(EVERYTHING, { ...EVERYTHING, includeSpamTrash: true })).toBe(false);
});
