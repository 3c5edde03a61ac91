import { createHash } from "node:crypto";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { createHashSet } from "./hash-set.ts";

const hashOf = (n: number): string => createHash("sha256").update(String(n)).digest("hex");

test("a hash is there as long as it was added more often than it was removed", () => {
  const step = fc.record({ isAdded: fc.boolean(), n: fc.nat(400) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 2_000, size: "max" }), (steps) => {
      const set = createHashSet();
      const counts = new Map<number, number>();
      for (const { isAdded, n } of steps) {
        const count = counts.get(n) ?? 0;
        if (isAdded) expect(set.add(hashOf(n))).toBe(count === 0);
        else expect(set.remove(hashOf(n))).toBe(count === 1);
        counts.set(n, isAdded ? count + 1 : Math.max(0, count - 1));
      }
      for (let n = 0; n <= 400; n += 1) expect(set.has(hashOf(n))).toBe((counts.get(n) ?? 0) > 0);
    }),
    { numRuns: 30 },
  );
});
