import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PRICES, type Prices } from "../../../core/quota.ts";
import { MAX_MESSAGES_PER_CALL, plan, type Call } from "./plan.ts";

const conversation = (threadId: string, size: number) => ({
  threadId,
  ids: Array.from({ length: size }, (_, index) => `${threadId}.${index}`),
});
const idsOf = (call: Call): readonly string[] => (call.method === "messages.get" ? [call.id] : call.ids);
const costOf = (calls: readonly Call[], prices: Prices): number =>
  calls.reduce((sum, { method }) => sum + prices[method], 0);

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
    fc.property(conversations, prices, (listed, list) => {
      expect([...plan(listed, list)].flatMap(idsOf)).toEqual(listed.flatMap(({ ids }) => ids));
    }),
  ));

test("no plan is dearer than one messages.get for each ref", () =>
  fc.assert(
    fc.property(conversations, prices, (listed, list) => {
      const refs = listed.reduce((sum, { ids }) => sum + ids.length, 0);
      expect(costOf([...plan(listed, list)], list)).toBeLessThanOrEqual(refs * list["messages.get"]);
    }),
  ));

test("no other mix of the two is cheaper, or as cheap with fewer calls, where conversations are taken whole", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_MESSAGES_PER_CALL }), prices, (size, list) => {
      const calls = [...plan([conversation("t", size)], list)];
      const cost = costOf(calls, list);
      const [each, whole] = [size * list["messages.get"], list["threads.get"]];
      expect(cost).toBe(Math.min(each, whole));
      expect(calls.length).toBe(cost === whole ? 1 : size);
    }),
  ));

test("two messages of a conversation come in one call at the price of two, one comes alone", () => {
  for (const list of [PRICES["2026"], PRICES.legacy])
    expect([...plan([conversation("a", 2), conversation("b", 1)], list)]).toEqual([
      { method: "threads.get", threadId: "a", ids: ["a.0", "a.1"], units: list["threads.get"] },
      { method: "messages.get", format: "full", id: "b.0", units: list["messages.get"] },
    ]);
});

test("with attachments, a conversation comes whole only where that and one answer for each that has some are cheaper than bytes", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_MESSAGES_PER_CALL }), fc.nat(), prices, (size, some, list) => {
      const { threadId, ids } = conversation("t", size);
      const attached = new Set(ids.slice(0, some % (size + 1)));
      const chats = new Set(ids.slice(-1));
      const calls = [...plan([{ threadId, ids }], list, { attachments: true, originals: false }, { attached, chats })];
      const [apart, whole] = [size * list["messages.get"], list["threads.get"] + attached.size * list["messages.get"]];
      expect(calls.reduce((sum, { units }) => sum + units, 0)).toBe(Math.min(apart, whole));
      expect(calls.flatMap(idsOf)).toEqual(ids);
      for (const call of calls)
        if (call.method === "messages.get") expect(call.format).toBe(chats.has(call.id) ? "full" : "raw");
    }),
  ));

test("a conversation too large for memory comes message by message", () => {
  const calls = [...plan([conversation("t", MAX_MESSAGES_PER_CALL + 1)], PRICES["2026"])];
  expect(calls.every(({ method }) => method === "messages.get")).toBe(true);
});

test("conversations are planned as they are asked for", () => {
  let listed = 0;
  function* endless() {
    for (;;) yield conversation(`t${(listed += 1)}`, 3);
  }
  const calls = plan(endless(), PRICES["2026"]);
  calls.next();
  calls.next();
  expect(listed).toBe(2);
});
