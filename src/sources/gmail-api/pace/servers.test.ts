import { describe, expect, test } from "vitest";
import { manualClock } from "../../../../test/manual-clock.ts";
import {
  fixedWindow,
  serve,
  slidingWindow,
  tokenBucket,
  type Meter,
  type Served,
  type Server,
} from "../../../../test/quota-server.ts";
import type { Method } from "../../../core/quota.ts";
import { createPacer, type Learned, type PacerOptions } from "./pacer.ts";
import { createProjectBudget } from "./spacing.ts";

/** Servers that count a minute in their several ways; each gets its limit. */
const SHAPES: readonly (readonly [string, (limit: number) => Meter])[] = [
  ["whole minutes from the first call", (limit) => fixedWindow(limit)],
  ["whole minutes begun before it", (limit) => fixedWindow(limit, { phaseMs: 25_000 })],
  ["whole minutes that say when they began", (limit) => fixedWindow(limit, { phaseMs: 45_000, saysWhen: true })],
  ["the last minute", (limit) => slidingWindow(limit)],
  ["a bucket of two seconds", (limit) => tokenBucket(limit, { seconds: 2 })],
  ["a bucket of five seconds", (limit) => tokenBucket(limit)],
  ["a bucket of a minute", (limit) => tokenBucket(limit, { seconds: 60 })],
];
const MUTE: typeof SHAPES = [
  ["whole minutes that name no limit", (limit) => fixedWindow(limit, { phaseMs: 10_000, saysLimit: false })],
  ["the last minute, naming no limit", (limit) => slidingWindow(limit, { saysLimit: false })],
  ["a bucket that names no limit", (limit) => tokenBucket(limit, { saysLimit: false })],
];

const uneven: NonNullable<Server["latencyMs"]> = (random) => 300 + 2_000 * random() ** 3;

type Run = Served & Readonly<{ share: (fromMinute: number, toMinute: number) => number; learned: Learned | undefined }>;

async function run(
  server: Server & Readonly<{ limit: number }>,
  { minutes, method = "threads.get", ...options }: { minutes: number; method?: Method } & Partial<PacerOptions>,
): Promise<Run> {
  const clock = manualClock();
  let learned: Learned | undefined;
  const onLearned = (now: Learned): void => void (learned = now);
  const pacer = createPacer({
    clock,
    tier: "auto",
    maxInFlight: 10,
    project: createProjectBudget(),
    onLearned,
    ...options,
  });
  const served = await serve(server, pacer, clock, { minutes, method });
  const share = (from: number, to: number): number =>
    served.units.slice(from, to).reduce((sum, units) => sum + units, 0) / (server.limit * (to - from));
  return { ...served, share, learned };
}

describe.each([...SHAPES, ...MUTE])("a server that counts %s", (_, meter) => {
  test("of the 2026 tier is used at 95 % from cold, with under 1 % of calls refused in the first minutes", async () => {
    const server = { meter: meter(6_000), tier: "2026", limit: 6_000 } as const;
    const { share, refused, calls } = await run(server, { minutes: 5 });
    expect(share(0, 5)).toBeGreaterThan(0.95);
    expect(refused / calls).toBeLessThan(0.01);
  });

  test("of the legacy tier is used at 70 % in the first minute from cold and at 95 % afterwards, without refusals", async () => {
    const server = { meter: meter(15_000), tier: "legacy", limit: 15_000 } as const;
    const { share, refused, learned } = await run(server, { minutes: 5, method: "messages.get" });
    expect(share(0, 1)).toBeGreaterThan(0.7);
    expect(share(1, 5)).toBeGreaterThan(0.95);
    expect(refused).toBe(0);
    expect(learned).toEqual({ tier: "legacy", unitsPerMinute: 15_000, priceFactor: 1 });
  });

  test("and charges two and a half times the list price is used at 90 %, with under 1 % refused", async () => {
    const server = { meter: meter(6_000), tier: "2026", limit: 6_000, overprice: 2.5 } as const;
    const { share, refused, calls } = await run(server, { minutes: 30, method: "messages.get" });
    expect(share(0, 5)).toBeGreaterThan(0.9);
    expect(share(5, 30)).toBeGreaterThan(0.95);
    expect(refused / calls).toBeLessThan(0.01);
  });
});

describe.each([1.5, 2, 3])("a server that charges %s times the list price", (overprice) => {
  test.each(SHAPES)("and counts %s is used at 90 % after a few minutes", async (_, meter) => {
    const server = { meter: meter(6_000), tier: "2026", limit: 6_000, overprice } as const;
    const { share, refused, calls } = await run(server, { minutes: 30, method: "messages.get" });
    expect(share(3, 30)).toBeGreaterThan(0.9);
    expect(refused / calls).toBeLessThan(0.01);
  });
});

describe("what was learned", () => {
  test("of a 2026 project is its limit, from the first refusal's words", async () => {
    const { learned, refused } = await run({ meter: slidingWindow(6_000), tier: "2026", limit: 6_000 }, { minutes: 2 });
    expect(learned).toEqual({ tier: "2026", unitsPerMinute: 6_000, priceFactor: 1 });
    expect(refused).toBe(1);
  });

  test("and remembered is used from the first second", async () => {
    const remembered = { tier: "legacy", unitsPerMinute: 15_000, priceFactor: 1 } as const;
    const server = { meter: slidingWindow(15_000), tier: "legacy", limit: 15_000 } as const;
    const { share, refused } = await run(server, { minutes: 2, remembered });
    expect(share(0, 1)).toBeGreaterThan(0.95);
    expect(refused).toBe(0);
  });

  test("of prices is remembered too", async () => {
    const remembered = { tier: "2026", unitsPerMinute: 6_000, priceFactor: 2.5 } as const;
    const server = { meter: tokenBucket(6_000), tier: "2026", overprice: 2.5, limit: 6_000 } as const;
    const { share, refused } = await run(server, { minutes: 5, remembered });
    expect(share(0, 5)).toBeGreaterThan(0.95);
    expect(refused).toBe(0);
  });

  test("is given up when Google has moved the project to the 2026 tier", async () => {
    const remembered = { tier: "legacy", unitsPerMinute: 15_000, priceFactor: 1 } as const;
    const server = { meter: slidingWindow(6_000), tier: "2026", limit: 6_000 } as const;
    const { share, learned, refused, calls } = await run(server, { minutes: 10, remembered });
    expect(share(0, 10)).toBeGreaterThan(0.95);
    expect(learned).toEqual({ tier: "2026", unitsPerMinute: 6_000, priceFactor: 1 });
    expect(refused / calls).toBeLessThan(0.01);
  });

  test.each([
    ["2026", 3_000],
    ["2026", 12_000],
    ["legacy", 6_000],
    ["legacy", 10_000],
    ["2026", 40_000],
  ] as const)("at %s prices is any limit that a refusal names: %d", async (tier, limit) => {
    const { share, learned } = await run(
      { meter: slidingWindow(limit), tier, limit },
      { minutes: 10, method: "messages.get" },
    );
    expect(share(2, 10)).toBeGreaterThan(0.95);
    expect(learned).toEqual({ tier, unitsPerMinute: limit, priceFactor: 1 });
  });
});

describe("a server that bears eight calls at once", () => {
  test("is used at 90 % with under 0.1 % refused, where nothing else limits", async () => {
    const free = { charge: () => undefined };
    const server = { meter: free, tier: "2026", concurrency: 8, latencyMs: () => 100, limit: 8 * 600 * 40 } as const;
    const { share, refused, calls } = await run(server, { minutes: 10, unitsPerMinute: 1e9 });
    expect(share(0, 10)).toBeGreaterThan(0.9);
    expect(refused / calls).toBeLessThan(0.001);
  });
});

test("late and uneven answers do not lead to refusals", async () => {
  const server = { meter: tokenBucket(6_000), tier: "2026", latencyMs: uneven, limit: 6_000 } as const;
  const { share, refused, calls } = await run(server, { minutes: 20 });
  expect(share(0, 20)).toBeGreaterThan(0.95);
  expect(refused / calls).toBeLessThan(0.01);
});

test("an hour at full speed takes no time to speak of", async () => {
  const begun = performance.now();
  const { share, refused, calls } = await run(
    { meter: slidingWindow(6_000), tier: "2026", limit: 6_000 },
    { minutes: 60 },
  );
  expect(share(0, 60)).toBeGreaterThan(0.97);
  expect(refused / calls).toBeLessThan(0.001);
  expect(performance.now() - begun).toBeLessThan(5_000);
});
