import { describe, expect, test } from "vitest";

import { manualClock } from "../../../../test/manual-clock.ts";
import { projectBudget } from "../../../../test/project-budget.ts";
import {
  fixedWindow,
  seeded,
  serve,
  slidingWindow,
  tokenBucket,
  type Call,
  type Meter,
} from "../../../../test/quota-server.ts";
import { TEXT_ALONE, type Want } from "../../../core/ports/mailbox-source.ts";
import { readOf, type Read } from "../../../core/quota.ts";
import { plan } from "../reading/plan.ts";
import { createPacer, type Learned } from "./pacer.ts";

const ATTACHMENTS: Want = { attachments: true, originals: false };
const ORIGINALS: Want = { attachments: true, originals: true };

/** Conversations without end, of 1 to 9 messages, a fifth of which have attachments. */
function* conversations(roll: () => number) {
  for (let thread = 0; ; thread += 1) {
    const size = Math.ceil(9 * roll() ** 2);
    yield {
      threadId: `${thread}`,
      ids: Array.from({ length: size }, (_, n) => `${thread}.${n}${roll() < 0.2 ? "+" : ""}`),
    };
  }
}

type Prices = Partial<Record<Read, number>>;
type Case = Readonly<{
  meter: () => Meter;
  prices: Prices;
  want: Want;
  minutes: number;
  remembered?: Learned;
}>;

/** An export without end, planned as exports are, of a server that charges so. */
async function run({ meter, prices, want, minutes, remembered }: Case) {
  const clock = manualClock();
  const begun = clock.now();
  const told: Readonly<{ at: number; learned: Learned }>[] = [];
  const pacer = createPacer({
    clock,
    tier: "auto",
    maxInFlight: 10,
    project: projectBudget(clock),
    remembered,
    onLearned: (learned) => void told.push({ at: (clock.now() - begun) / 1_000, learned }),
  });
  const hints = {
    attached: { has: (id: string) => id.endsWith("+") } as ReadonlySet<string>,
    chats: new Set<string>(),
  };
  const calls = plan(conversations(seeded(3)), pacer.charge, want, hints);
  const behind: Call[] = [];
  const next = (): Call => {
    const waiting = behind.shift();
    if (waiting) return waiting;
    const call = calls.next().value!;
    for (let one = 0; one < call.behind; one += 1) behind.push({ method: "messages.attachments.get" });
    return call;
  };
  const chargedFor = (_: number, { method, format }: Call): number => prices[readOf(method, format)!] ?? 1;
  const served = await serve({ meter: meter(), tier: "2026", overprice: chargedFor }, pacer, clock, {
    minutes,
    method: next,
  });
  return { ...served, told, learned: told.at(-1)?.learned, pacer };
}

const METERS = {
  "whole minutes": () => fixedWindow(6_000),
  "the last minute": () => slidingWindow(6_000, { charged: true }),
  "a bucket of 10 s": () => tokenBucket(6_000, { seconds: 10, charged: true }),
};
const meters = Object.entries(METERS);
const FULL = (factor: number) => ({ "messages.get full": factor, "threads.get full": factor });
const RAW = (factor: number) => ({ "messages.get raw": factor });

/** Refusals within seconds of each other teach as much as one: too little passes between them. */
function refusalsUntil(refusedAt: readonly number[], at: number): number {
  return refusedAt.filter((one, n) => one <= at && one - (refusedAt[n - 1] ?? -Infinity) > 5).length;
}

const cases = meters.flatMap(([name, meter], row) =>
  [1.5, 2, 2.5, 3].map((factor, column) => ({ name, meter, factor, dear: (row + column) % 2 === 0 ? "full" : "raw" })),
);
const KINDS = [
  { format: "full", want: TEXT_ALONE, read: "threads.get full" },
  { format: "raw", want: ORIGINALS, read: "messages.get raw" },
] as const;
/** Beside the truth; far off as long as it is not known. */
const errorOf = (learned: Learned | undefined, read: Read, truth: number): number =>
  Math.abs((learned?.prices?.[read] ?? 100) / truth - 1);

describe("what reads are charged is known to 5 % after two or three refusals, and no format is taken to be as dear as another", () => {
  test.each(cases)("$name, $factor times the list for $dear", async ({ meter, factor, dear }) => {
    for (const { format, want, read } of KINDS) {
      const truth = format === dear ? factor : 1;
      const { told, learned, refusedAt } = await run({
        meter,
        prices: dear === "full" ? FULL(factor) : RAW(factor),
        want,
        minutes: 3,
      });
      const first = told.find((one) => errorOf(one.learned, read, truth) < 0.05);
      expect(refusalsUntil(refusedAt, first!.at)).toBeLessThanOrEqual(3); // of most meters two
      expect(errorOf(learned, read, truth)).toBeLessThan(0.05);
      const other = read === "threads.get full" ? "messages.get raw" : "threads.get full";
      expect(learned?.prices?.[other]).toBeUndefined();
    }
  });
});

const DEAR_FULL = { tier: "2026", unitsPerMinute: 6_000, priceFactor: 2.5, prices: FULL(2.5) } as const;

test.each(meters)("what text was charged does not slow originals down: %s", async (_, meter) => {
  const { units, refused } = await run({
    meter,
    prices: FULL(2.5),
    want: ORIGINALS,
    minutes: 3,
    remembered: DEAR_FULL,
  });
  expect(Math.min(...units)).toBeGreaterThan(0.98 * 6_000);
  expect(refused).toBe(0);
});

test("attachments are planned by what reads are known to be charged: bytes where what Gmail shows is dear", async () => {
  const attached = { meter: METERS["the last minute"], want: ATTACHMENTS, minutes: 3 };
  const dear = await run({ ...attached, prices: FULL(2.5), remembered: DEAR_FULL });
  const listed = await run({ ...attached, prices: {}, remembered: { ...DEAR_FULL, priceFactor: 1, prices: FULL(1) } });
  const partOf = ({ pacer }: typeof dear): number => {
    const { "messages.get": bytes = 0, "threads.get": shown = 0 } = pacer.spent().calls;
    return shown / (bytes + shown);
  };
  expect(partOf(dear)).toBeLessThan(0.6 * partOf(listed));
  for (const { units, refused } of [dear, listed]) {
    expect(Math.min(...units)).toBeGreaterThan(0.97 * 6_000);
    expect(refused).toBe(0);
  }
});

test.each(meters)("a price that fell since it was found out is found: %s", async (_, meter) => {
  const { units, learned } = await run({ meter, prices: {}, want: TEXT_ALONE, minutes: 16, remembered: DEAR_FULL });
  expect(units.at(-1)).toBeGreaterThan(0.95 * 6_000);
  expect(learned?.priceFactor).toBeLessThan(1.05);
});

test("the one number that earlier versions kept is that of what Gmail shows", async () => {
  const remembered = { tier: "2026", unitsPerMinute: 6_000, priceFactor: 2.5 } as const;
  for (const want of [TEXT_ALONE, ORIGINALS]) {
    const { units, refused } = await run({
      meter: METERS["the last minute"],
      prices: FULL(2.5),
      want,
      minutes: 2,
      remembered,
    });
    expect(Math.min(...units)).toBeGreaterThan(0.97 * 6_000);
    expect(refused).toBe(0);
  }
});
