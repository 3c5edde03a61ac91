import { expect, test } from "vitest";

import { explain } from "./expected.ts";

test.each([
  [6_000, 6_000, { tier: "2026", unitsPerMinute: 6_000 }],
  [7_000, 6_000, { tier: "2026", unitsPerMinute: 6_000 }],
  [2_400, 6_000, { tier: "2026", unitsPerMinute: 6_000 }],
  [24_000, 6_000, { tier: "legacy", unitsPerMinute: 6_000 }],
  [24_000, 15_000, { tier: "legacy", unitsPerMinute: 15_000 }],
  [60_000, undefined, { tier: "legacy", unitsPerMinute: 15_000 }],
  [4_500, undefined, { tier: "2026", unitsPerMinute: 6_000 }],
] as const)("a rate of %d where a limit of %s was named", (rate, named, meant) => {
  expect(explain(rate, named, "auto")).toEqual(meant);
});
