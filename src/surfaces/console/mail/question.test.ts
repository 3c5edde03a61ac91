import { expect, test } from "vitest";

import { ANYTHING, filtersIn, isNarrow, isSame, parametersOf } from "./question.ts";

test("only what is asked for is sent", () => {
  expect(parametersOf(ANYTHING, undefined)).toBe("order=newest&limit=50");
  expect(parametersOf({ ...ANYTHING, from: " a&b ", after: "2026-01-02", order: "oldest" }, "c=1")).toBe(
    "from=a%26b&after=2026-01-02&order=oldest&limit=50&cursor=c%3D1",
  );
});

test("filters are counted without the search and the order", () => {
  const question = { ...ANYTHING, search: "lisbon", label: "INBOX", before: "2026-01-02", subject: "  " };
  expect(filtersIn(question)).toBe(2);
  expect(isNarrow(question)).toBe(true);
  expect(isNarrow({ ...ANYTHING, search: "lisbon" })).toBe(true);
  expect(isNarrow({ ...ANYTHING, search: " ", order: "oldest" })).toBe(false);
});

test("spaces around a text make no other question", () => {
  expect(isSame({ ...ANYTHING, search: "lisbon " }, { ...ANYTHING, search: "lisbon" })).toBe(true);
  expect(isSame(ANYTHING, { ...ANYTHING, order: "oldest" })).toBe(false);
});
