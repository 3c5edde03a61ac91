import { describe, expect, test } from "vitest";

import type { LearnedLimits } from "../../src/core/ports/learned-limits.ts";

export type LimitsStage = AsyncDisposable &
  Readonly<{
    limits: LearnedLimits;
    /** As another process has it: nothing shared but what is stored. */
    another(): LearnedLimits;
  }>;

export const LEARNED = { tier: "legacy", unitsPerMinute: 15_000, priceFactor: 1.25 } as const;

/** What every store of learned limits does; each runs this suite. */
export function learnedLimitsContract(implementation: string, open: () => Promise<LimitsStage>): void {
  describe(`LearnedLimits contract (${implementation})`, () => {
    test("what was learned of a project is known again, and that of others stays", async () => {
      await using at = await open();
      expect(await at.limits.read("one")).toBeUndefined();
      await Promise.all([
        at.limits.remember("one", LEARNED),
        at.limits.remember("two", LEARNED),
        at.limits.remember("two", { ...LEARNED, tier: "2026" }),
      ]);
      expect(await at.another().read("two")).toEqual({ ...LEARNED, tier: "2026" });
      expect(await at.another().read("one")).toEqual(LEARNED);
    });

    test("nothing is known of a project that is named like a property of every object", async () => {
      await using at = await open();
      for (const client of ["__proto__", "constructor", "toString"])
        expect(await at.limits.read(client)).toBeUndefined();
    });
  });
}
