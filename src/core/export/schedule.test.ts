import fc from "fast-check";
import { expect, test } from "vitest";

import { nextOccurrence, withRun, type Occurrences, type Span } from "./schedule.ts";

/** Comes true every ten. */
const TENS: Occurrences = {
  after: (moment) => Math.floor(moment / 10) * 10 + 10,
  notAfter: (moment) => Math.floor(moment / 10) * 10,
};
const bare = (ran: readonly Span[] = []) => ({ ran, jitterSeconds: 0 });

test("the next occurrence is the first after now, and its export begins up to the jitter later", () => {
  expect(nextOccurrence(TENS, bare(), 20, 0.9)).toEqual({ at: 30, startAt: 30 });
  const { at, startAt } = nextOccurrence(TENS, { ran: [], jitterSeconds: 30 }, 20, 0.5)!;
  expect([at, startAt]).toEqual([30, 15_030]);
  expect(nextOccurrence({ ...TENS, after: () => undefined }, bare(), 20, 0)).toBeNull();
});

test("a clock that is set back runs nothing again, however long it had gone on", () => {
  let ran: readonly Span[] = [];
  for (let at = 10; at <= 10_000; at += 10) ran = withRun(ran, at, TENS, at + 3);
  expect(ran).toHaveLength(1);
  expect(nextOccurrence(TENS, bare(ran), 205, 0)!.at).toBe(10_010);
  expect(nextOccurrence(TENS, bare(ran), 3, 0)!.at).toBe(10_010);
});

test("a clock that stood far ahead for a while does not end the schedule for so long", () => {
  let ran = withRun([], 10, TENS, 10);
  ran = withRun(ran, 20, TENS, 900_004); // once, for all that seemed to be missed
  expect(nextOccurrence(TENS, bare(ran), 900_004, 0)!.at).toBe(900_010);
  expect(nextOccurrence(TENS, bare(ran), 12, 0)!.at).toBe(20); // set right again
  ran = withRun(ran, 20, TENS, 21);
  expect(nextOccurrence(TENS, bare(ran), 21, 0)!.at).toBe(30);
  expect(nextOccurrence(TENS, bare(ran), 3, 0)!.at).toBe(30); // 10 and 20 were run
  expect(nextOccurrence(TENS, bare(ran), 899_995, 0)!.at).toBe(900_010); // 900,000 was run
});

test("whatever the clock does, no occurrence is run twice, and there is always a next one", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 12 }), (moves) => {
      let ran: readonly Span[] = [];
      let now = 10_000;
      const done = new Set<number>();
      for (const move of [0, ...moves]) {
        now += move;
        const { at } = nextOccurrence(TENS, bare(ran), now, 0)!;
        expect(at).toBeGreaterThan(now);
        now = at + (Math.abs(move) % 40);
        ran = withRun(ran, at, TENS, now);
        const stoodFor = TENS.notAfter(now)!;
        if (stoodFor === at) expect(done.has(at)).toBe(false);
        done.add(stoodFor);
      }
    }),
  );
});

test("what is remembered does not grow without end", () => {
  let ran: readonly Span[] = [];
  for (let n = 1; n < 100; n += 1) ran = withRun(ran, n * 1_000, TENS, n * 1_000 + 500);
  expect(ran.length).toBeLessThanOrEqual(16);
  expect(nextOccurrence(TENS, bare(ran), 99_495, 0)!.at).toBe(99_510);
});
