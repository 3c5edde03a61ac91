import * as fc from "fast-check";
import { expect, test } from "vitest";

import { PRICES, type Prices } from "../../../core/quota.ts";
import { chargeOf, MAX_MESSAGES_PER_CALL, plan, type Call, type Price } from "./plan.ts";

const conversation = (threadId: string, size: number) => ({
  threadId,
  ids: Array.from({ length: size }, (_, index) => `${threadId}.${index}`),
});
const idsOf = (call: Call): readonly string[] => (call.method === "messages.get" ? [call.id] : call.ids);
const costOf = (calls: readonly Call[], price: Price): number =>
  calls.reduce((sum, call) => sum + chargeOf(call, price), 0);
const listed =
  (list: Prices): Price =>
  (method) =>
    list[method];

const conversations = fc
  .array(fc.integer({ min: 0, max: 2 * MAX_MESSAGES_PER_CALL }), { maxLength: 30 })
  .map((sizes) => sizes.map((size, index) => conversation(`t${index}`, size)));
const prices = fc.oneof(
  fc.constantFrom(PRICES["2026"], PRICES.legacy),
  fc
    .record({ get: fc.integer({ min: 1, max: 50 }), thread: fc.integer({ min: 1, max: 200 }) })
    .map(({ get, thread }): Prices =>
      Object.assign({}, PRICES["2026"], { "messages.get": get, "threads.get": thread }),
    ),
);

test("every ref is covered exactly once, in the order of the listing", () =>
  fc.assert(
    fc.property(conversations, prices, (some, list) => {
      expect([...plan(some, listed(list))].flatMap(idsOf)).toEqual(some.flatMap(({ ids }) => ids));
    }),
  ));

test("no plan is dearer than one messages.get for each ref", () =>
  fc.assert(
    fc.property(conversations, prices, (some, list) => {
      const refs = some.reduce((sum, { ids }) => sum + ids.length, 0);
      expect(costOf([...plan(some, listed(list))], listed(list))).toBeLessThanOrEqual(refs * list["messages.get"]);
    }),
  ));

test("no other mix of the two is cheaper, or as cheap with fewer calls, where conversations are taken whole", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_MESSAGES_PER_CALL }), prices, (size, list) => {
      const calls = [...plan([conversation("t", size)], listed(list))];
      const cost = costOf(calls, listed(list));
      const [each, whole] = [size * list["messages.get"], list["threads.get"]];
      expect(cost).toBe(Math.min(each, whole));
      expect(calls.length).toBe(cost === whole ? 1 : size);
    }),
  ));

test("two messages of a conversation come in one call at the price of two, one comes alone", () => {
  for (const list of [PRICES["2026"], PRICES.legacy])
    expect([...plan([conversation("a", 2), conversation("b", 1)], listed(list))]).toEqual([
      { method: "threads.get", threadId: "a", ids: ["a.0", "a.1"], behind: 0 },
      { method: "messages.get", format: "full", id: "b.0", behind: 0 },
    ]);
});

/** What each read is charged. */
const charges = fc.record({
  whole: fc.integer({ min: 1, max: 120 }),
  full: fc.integer({ min: 1, max: 60 }),
  raw: fc.integer({ min: 1, max: 60 }),
  attachment: fc.integer({ min: 1, max: 60 }),
});
type Charges = Record<"whole" | "full" | "raw" | "attachment", number>;
const charged =
  ({ whole, full, raw, attachment }: Charges): Price =>
  (method, format) =>
    method === "threads.get" ? whole : method === "messages.get" ? (format === "raw" ? raw : full) : attachment;

/** The fewest units that bring all of a conversation, of all ways there are to bring it: every one is tried. */
function leastOf(
  size: number,
  attached: number,
  originals: boolean,
  { whole, full, raw, attachment }: Charges,
): number {
  const waysOf = (isAttached: boolean): number[] =>
    originals ? [raw] : isAttached ? [raw, full + attachment, full + raw] : [raw, full];
  let least = Infinity;
  const apart = (message: number, sum: number): void => {
    if (message === size) least = Math.min(least, sum);
    else for (const way of waysOf(message < attached)) apart(message + 1, sum + way);
  };
  apart(0, 0);
  const afterWhole = (message: number, sum: number): void => {
    if (message === attached) least = Math.min(least, sum);
    else for (const way of [attachment, raw]) afterWhole(message + 1, sum + way);
  };
  if (!originals) afterWhole(0, whole);
  return least;
}

test("with attachments or originals, whatever reads are charged, no way to a conversation is cheaper of all that there are", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(), fc.boolean(), charges, (size, some, originals, list) => {
      const { threadId, ids } = conversation("t", size);
      const attached = new Set(ids.slice(0, some % (size + 1)));
      const price = charged(list);
      const calls = [
        ...plan([{ threadId, ids }], price, { attachments: true, originals }, { attached, chats: new Set() }),
      ];
      expect(costOf(calls, price)).toBe(leastOf(size, attached.size, originals, list));
      expect(calls.flatMap(idsOf)).toEqual(ids);
    }),
  ));

test("chats are asked for as Gmail shows them, since they have no bytes", () => {
  const { threadId, ids } = conversation("t", 2);
  const hints = { attached: new Set<string>(), chats: new Set(ids.slice(-1)) };
  const calls = [...plan([{ threadId, ids }], listed(PRICES["2026"]), { attachments: false, originals: true }, hints)];
  expect(calls).toMatchObject([{ format: "raw" }, { format: "full" }]);
});

test("a plan under way goes on with the prices that are found out meanwhile", () => {
  let full = 1;
  const price: Price = (method, format) => PRICES["2026"][method] * (format === "raw" ? 1 : full);
  const want = { attachments: true, originals: false };
  const calls = plan([conversation("a", 3), conversation("b", 3)], price, want);
  expect(calls.next().value).toMatchObject({ method: "threads.get" });
  full = 2.5;
  expect(calls.next().value).toMatchObject({ method: "messages.get", format: "raw" });
});

test("a conversation too large for memory comes message by message", () => {
  const calls = [...plan([conversation("t", MAX_MESSAGES_PER_CALL + 1)], listed(PRICES["2026"]))];
  expect(calls.every(({ method }) => method === "messages.get")).toBe(true);
});

test("conversations are planned as they are asked for", () => {
  let planned = 0;
  function* endless() {
    for (;;) yield conversation(`t${(planned += 1)}`, 3);
  }
  const calls = plan(endless(), listed(PRICES["2026"]));
  calls.next();
  calls.next();
  expect(planned).toBe(2);
});
