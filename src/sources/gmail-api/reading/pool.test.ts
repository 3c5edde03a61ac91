import fc from "fast-check";
import { expect, test } from "vitest";

import { mapInOrder } from "./pool.ts";

const never = new AbortController().signal;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("results come in the order of the items, with never more than the width under way", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 5 })), fc.integer({ min: 1, max: 6 }), async (turns, width) => {
      let underWay = 0;
      let most = 0;
      const work = async (turn: number): Promise<number> => {
        most = Math.max(most, (underWay += 1));
        for (let n = 0; n < turn; n += 1) await Promise.resolve();
        underWay -= 1;
        return turn;
      };
      expect(await collect(mapInOrder(turns, width, work, never))).toEqual(turns);
      expect(most).toBeLessThanOrEqual(width);
    }),
  );
});

test("a slow reader slows the work down: nothing runs ahead further than the width", async () => {
  let started = 0;
  const items = mapInOrder(Array.from({ length: 100 }).keys(), 4, async (item) => (started += 1) && item, never);
  await items.next();
  await new Promise(setImmediate);
  expect(started).toBeLessThanOrEqual(5);
  await items.return(undefined);
});

test("a failure is thrown though what comes before it waits without end", async () => {
  const work = async (item: number, signal: AbortSignal): Promise<number> => {
    if (item === 2) throw new Error("two");
    if (item === 1)
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true }),
      );
    return item;
  };
  const seen: number[] = [];
  await expect(async () => {
    for await (const item of mapInOrder([0, 1, 2, 3, 4, 5], 3, work, never)) seen.push(item);
  }).rejects.toThrow("two");
  expect(seen).toEqual([0]);
});

test("the first failure is thrown in its turn, and leaving aborts what is under way", async () => {
  let aborted = 0;
  const work = async (item: number, signal: AbortSignal): Promise<number> => {
    if (item === 1) throw new Error("one");
    if (item > 1)
      await new Promise((resolve) => signal.addEventListener("abort", () => resolve((aborted += 1)), { once: true }));
    return item;
  };
  const seen: number[] = [];
  await expect(async () => {
    for await (const item of mapInOrder([0, 1, 2, 3], 4, work, never)) seen.push(item);
  }).rejects.toThrow("one");
  expect(seen).toEqual([0]);
  expect(aborted).toBe(2);
});
