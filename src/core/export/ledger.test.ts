import fc from "fast-check";
import { expect, test } from "vitest";

import type { Ref } from "../mail/ref.ts";
import { createLedger, type Outcome } from "./ledger.ts";

const outcome = fc.constantFrom<Outcome>("pending", "exported", "gone", "failed");
const ref = fc.record({ id: fc.string({ maxLength: 3 }), threadId: fc.constantFrom("", "a", "b", "é") });
const step = fc.oneof(fc.record({ add: ref }), fc.record({ mark: fc.nat({ max: 50 }), as: outcome }));

test("a ledger is a set in listing order with one outcome a message, whatever the ids look like", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ledger = createLedger();
      const model = new Map<string, { ref: Ref; outcome: Outcome }>();
      for (const next of steps) {
        if ("add" in next) {
          const known = model.get(next.add.id);
          // What was gone and is listed again is looked for again.
          expect(ledger.add(next.add)).toBe(known === undefined || known.outcome === "gone");
          if (known === undefined) model.set(next.add.id, { ref: next.add, outcome: "pending" });
          else if (known.outcome === "gone") known.outcome = "pending";
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
      const threads = Map.groupBy(model.values(), (known) => known.ref.threadId);
      const pending = [...threads].map(([threadId, known]) => ({
        threadId,
        ids: known.filter((one) => one.outcome === "pending").map(({ ref: { id } }) => id),
      }));
      expect([...ledger.pending()]).toEqual(pending.filter(({ ids }) => ids.length > 0));
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

test("what is forgotten counts no more, is walked no more, and may be listed anew", () => {
  const ledger = createLedger();
  for (const id of ["m1", "m2", "m3"]) ledger.add({ id, threadId: "t" });
  ledger.mark("m1", "exported");
  for (const id of ["m1", "m2", "m9"]) ledger.forget(id);
  expect([ledger.size, ledger.count("exported"), ledger.count("pending")]).toEqual([1, 0, 1]);
  expect([ledger.outcome("m1"), ...ledger.ids("exported")]).toEqual([undefined]);
  expect([...ledger.pending()]).toEqual([{ threadId: "t", ids: ["m3"] }]);
  expect(ledger.add({ id: "m1", threadId: "t" })).toBe(true);
  expect([...ledger.pending()]).toEqual([{ threadId: "t", ids: ["m3", "m1"] }]);
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

test("a conversation that was cut in two keeps its place, so that what is resumed has the order of what was not", () => {
  const refs = ["a1", "b1", "a2", "c1", "b2"].map((id) => ({ id, threadId: id[0]! }));
  const walk = (ended: readonly string[]) => {
    const ledger = createLedger();
    for (const listed of refs) ledger.add(listed);
    for (const id of ended) ledger.recover({ id, threadId: id[0]! }, "exported");
    return [...ledger.pending()].flatMap(({ ids }) => ids);
  };
  const whole = walk([]);
  expect(whole).toEqual(["a1", "a2", "b1", "b2", "c1"]);
  for (let cut = 1; cut < whole.length; cut += 1)
    expect(walk(whole.slice(0, cut)), `cut behind ${cut}`).toEqual(whole.slice(cut));
});

test("new mail of conversations that were exported before comes in the order of the listing", () => {
  const ledger = createLedger();
  for (const id of ["a1", "b1", "c1"]) ledger.recover({ id, threadId: id[0]! }, "exported");
  for (const id of ["c2", "d1", "a2", "a1"]) ledger.add({ id, threadId: id[0]! });
  expect([...ledger.pending()].flatMap(({ ids }) => ids)).toEqual(["c2", "d1", "a2"]);
});
