import fc from "fast-check";
import { expect, test } from "vitest";

import { STAGES, STATE_NAMES } from "../../../core/export/job.ts";
import { doneOf } from "./done-of.ts";

const progress = { stage: "fetching", listed: 10, exported: 4, gone: 1, failed: 2, batches: 0 } as const;

test("what is gone is behind us too, what failed is not", () => {
  expect(doneOf({ state: "running", progress })).toEqual({ kind: "done", done: 5, of: 10, part: 0.5 });
});

test("while Gmail is asked what there is, that is all that is known", () => {
  const listing = { ...progress, stage: "listing" } as const;
  expect(doneOf({ state: "running", progress: listing })).toEqual({ kind: "found", found: 10 });
  expect(doneOf({ state: "paused", progress: listing })).toEqual({ kind: "unknown" });
});

test("an empty mailbox is done", () => {
  const nothing = { stage: "done", listed: 0, exported: 0, gone: 0, failed: 0, batches: 0 } as const;
  expect(doneOf({ state: "completed", progress: nothing })).toMatchObject({ done: 0, of: 0, part: 1 });
});

test("nothing is ever more than done, and 100 % is never said too early", () => {
  const count = fc.nat(200_000);
  const any = fc.record({
    stage: fc.constantFrom(...STAGES),
    listed: count,
    exported: count,
    gone: count,
    failed: count,
    batches: count,
  });
  fc.assert(
    fc.property(fc.constantFrom(...STATE_NAMES), any, (state, somewhere) => {
      const far = doneOf({ state, progress: somewhere });
      if (far.kind !== "done") return;
      expect(far.done).toBeLessThanOrEqual(far.of);
      expect(far.part >= 0 && far.part <= 1).toBe(true);
      if (far.part > 0.99) expect(far.done).toBe(far.of);
    }),
  );
});
