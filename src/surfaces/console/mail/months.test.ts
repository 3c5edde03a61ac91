import { expect, test } from "vitest";

import { allMonths } from "./months.ts";

test("months without mail stand between those with some", () => {
  const some = { messages: 3, bytes: 40 };
  const months = allMonths([
    { month: "2025-11", ...some },
    { month: "2026-02", ...some },
  ]);
  expect(months.map(({ month, messages }) => [month, messages])).toEqual([
    ["2025-11", 3],
    ["2025-12", 0],
    ["2026-01", 0],
    ["2026-02", 3],
  ]);
  expect(allMonths([])).toEqual([]);
  const farApart = [
    { month: "0001-01", ...some },
    { month: "9999-12", ...some },
  ];
  expect(allMonths(farApart)).toEqual(farApart);
  expect(allMonths([{ month: "2026-12", ...some }])).toHaveLength(1);
});
