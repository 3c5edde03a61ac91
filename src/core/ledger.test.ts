import fc from "fast-check";
import { expect, test } from "vitest";

import { createLedger, type Outcome } from "./ledger.ts";
import type { Ref } from "./mailbox.ts";

const outcome = fc.constantFrom<Outcome>("pending", "exported", "gone", "failed");
const ref = fc.record({ id: fc.string({ maxLength: 3 }), threadId: fc.string({ maxLength: 2 }) });
const step = fc.oneof(fc.record({ add: ref }), fc.record({ mark: fc.nat({ max: 50 }), as: outcome }));

test("a ledger is a set in listing order with one outcome a message, whatever the ids look like", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ledger = createLedger();
      const model = new Map<string, { ref: Ref; outcome: Outcome }>();
      for (const next of steps) {
        if ("add" in next) {
          expect(ledger.add(next.add)).toBe(!model.has(next.add.id));
          if (!model.has(next.add.id)) model.set(next.add.id, { ref: next.add, outcome: "pending" });
        } else {
          const known = [...model.values()][next.mark];
          if (!known) continue;
          ledger.mark(known.ref.id, next.as);
          known.outcome = next.as;
        }
      }
      expect(ledger.size).toBe(model.size);
      for (const name of ["pending", "exported", "gone", "failed"] as const) {
        const ids = [...model.values()].filter((known) => known.outcome === name).map((known) => known.ref.id);
        expect([...ledger.ids(name)]).toEqual(ids);
        expect(ledger.count(name)).toBe(ids.length);
      }
      const threads = Map.groupBy(
        [...model.values()].filter((known) => known.outcome === "pending"),
        (known) => known.ref.threadId,
      );
      expect([...ledger.pending()]).toEqual(
        [...threads].map(([threadId, known]) => ({ threadId, ids: known.map(({ ref: { id } }) => id) })),
      );
    }),
  );
});

test("conversations may be marked while they are walked", () => {
  const ledger = createLedger();
  for (let n = 0; n < 10; n += 1) ledger.add({ id: `m${n}`, threadId: `t${n % 3}` });
  const seen: string[] = [];
  for (const { ids } of ledger.pending())
    for (const id of ids) {
      seen.push(id);
      ledger.mark(id, "exported");
    }
  expect(seen).toHaveLength(10);
  expect([...ledger.pending()]).toEqual([]);
});

test("an outcome for a message nobody listed is a defect", () => {
  expect(() => createLedger().mark("m1", "gone")).toThrow(RangeError);
  expect(createLedger().outcome("m1")).toBeUndefined();
});

test("a hundred thousand messages take well under a hundred bytes each", () => {
  const before = process.memoryUsage().arrayBuffers;
  const ledger = createLedger();
  for (let n = 0; n < 100_000; n += 1)
    ledger.add({
      id: (0x18c2000000000000n + BigInt(n)).toString(16),
      threadId: (0x18c2000000000000n + BigInt(n >> 1)).toString(16),
    });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000 * 100);
  expect(ledger.count("pending")).toBe(100_000);
});
