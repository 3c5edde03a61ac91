import * as fc from "fast-check";
import { expect, test } from "vitest";

import { Refusal } from "./errors.ts";
import { simulateGoogle, type SimulatedGoogle } from "./google.ts";
import { openQuota } from "./quota.ts";
import { handClock, signIn } from "./visitor.ts";

const MINUTE = 60_000;

/** Reads the newest message until refused; the refusal and how many reads went through. */
async function readUntilRefused(google: SimulatedGoogle) {
  const gmail = await signIn(google);
  const [id] = google.mailbox().ids();
  for (let reads = 0; ; reads++) {
    const answer = await gmail(`messages/${id}?format=minimal`);
    if (answer.status !== 200) return { reads, ...answer };
  }
}

test.each([
  ["2026", 6_000, 300, "Total Query Cost", "Units per minute per user"],
  ["legacy", 15_000, 3_000, "Queries", "Previous quota: Units per minute per user"],
] as const)(
  "a minute of tier %s has %d units, which is %d reads",
  async (tier, unitsPerMinute, reads, metric, limit) => {
    await using google = await simulateGoogle({ messages: 3, clock: handClock(), quota: { tier, unitsPerMinute } });
    const refused = await readUntilRefused(google);
    expect(refused.reads).toBe(reads);
    expect(refused.status).toBe(403);
    expect(refused.headers.has("retry-after")).toBe(false);
    expect(refused.body.error).toMatchObject({
      status: "PERMISSION_DENIED",
      message: `Quota exceeded for quota metric '${metric}' and limit '${limit}' of service 'gmail.googleapis.com' for consumer 'project_number:123456789012'.`,
      errors: [{ domain: "usageLimits", reason: "rateLimitExceeded" }],
      details: [
        {
          reason: "RATE_LIMIT_EXCEEDED",
          metadata: { quota_limit_value: String(unitsPerMinute), quota_unit: "1/min/{project}/{user}" },
        },
      ],
    });
    expect(google.meter).toMatchObject({ units: unitsPerMinute, refused: 1, calls: { "messages.get": reads + 1 } });
  },
);

test("no sixty seconds of the sliding shape exceed the limit, and refusals cost nothing", () => {
  const calls = fc.array(
    fc.record({ waitMs: fc.integer({ min: 0, max: 20_000 }), units: fc.constantFrom(1, 5, 20, 40) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(calls, (steps) => {
      const clock = handClock();
      const quota = openQuota({ tier: "2026", unitsPerMinute: 100 }, 1, clock);
      const taken: { at: number; units: number }[] = [];
      for (const { waitMs, units } of steps) {
        clock.advance(waitMs);
        const used = taken.filter(({ at }) => at > clock() - MINUTE).reduce((sum, charge) => sum + charge.units, 0);
        const refusal = quota.charge("ada@example.com", units);
        expect(refusal !== undefined).toBe(used + units > 100);
        if (refusal === undefined) taken.push({ at: clock(), units });
      }
    }),
  );
});

test.each(["sliding", "fixed", "bucket"] as const)(
  "a third of the %s refusals name a window, and a minute after it the call fits",
  (shape) => {
    const clock = handClock();
    const quota = openQuota({ tier: "2026", unitsPerMinute: 100, shape }, 1, clock);
    let told = 0;
    let refusals = 0;
    for (let i = 0; i < 2_000; i++) {
      clock.advance(137);
      const refusal = quota.charge("ada@example.com", 20);
      if (refusal === undefined) continue;
      refusals++;
      const start = /"window_start_time":"(\d+)"/.exec(JSON.stringify(refusal.body))?.[1];
      if (start === undefined) continue;
      told++;
      const wait = Number(start) * 1_000 + MINUTE - clock();
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThan(MINUTE + 1_000);
      clock.advance(wait);
      expect(quota.charge("ada@example.com", 20)).toBeUndefined();
    }
    expect(told / refusals).toBeGreaterThan(0.2);
    expect(told / refusals).toBeLessThan(0.5);
  },
);

test("a fixed window gives everything back at once, a bucket bit by bit", () => {
  const clock = handClock();
  const fixed = openQuota({ tier: "2026", unitsPerMinute: 100, shape: "fixed" }, 1, clock);
  const bucket = openQuota({ tier: "2026", unitsPerMinute: 100, shape: "bucket" }, 1, clock);
  const takes = (quota: typeof fixed, units: number) => quota.charge("ada@example.com", units) === undefined;
  expect([takes(fixed, 100), takes(bucket, 100)]).toEqual([true, true]);
  clock.advance(30_000);
  expect([takes(fixed, 50), takes(bucket, 50), takes(bucket, 1)]).toEqual([false, true, false]);
  clock.advance(30_000);
  expect([takes(fixed, 100), takes(bucket, 100)]).toEqual([true, false]);
});

test("users have their own minute and share the project's", () => {
  const quota = openQuota({ tier: "2026", unitsPerMinute: 100, projectUnitsPerMinute: 150 }, 1, handClock());
  expect(quota.charge("ada@example.com", 100)).toBeUndefined();
  expect(quota.charge("bob@example.com", 50)).toBeUndefined();
  const refusal = quota.charge("bob@example.com", 1);
  expect(JSON.stringify(refusal?.body)).toContain("totalQueryCostPerMinutePerProject");
});

test("only full reads cost the surcharge, and the meter keeps to list prices", async () => {
  await using google = await simulateGoogle({
    messages: 3,
    clock: handClock(),
    quota: { tier: "2026", unitsPerMinute: 100, priceFactor: 2.5 },
  });
  const gmail = await signIn(google);
  const [id] = google.mailbox().ids();
  expect((await gmail(`messages/${id}`)).status).toBe(200);
  expect((await gmail(`messages/${id}?format=raw`)).status).toBe(200);
  expect((await gmail(`messages/${id}`)).status).toBe(403);
  expect((await gmail(`messages/${id}?format=metadata`)).status).toBe(200);
  expect(google.meter.units).toBe(60);
});

test("more simultaneous calls than allowed are refused with 429", async () => {
  await using google = await simulateGoogle({
    messages: 3,
    latencyMs: 20,
    quota: { tier: "2026", unitsPerMinute: 6_000, maxConcurrent: 3 },
  });
  const gmail = await signIn(google);
  const answers = await Promise.all(Array.from({ length: 8 }, () => gmail("profile")));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(5);
  expect(refused[0]!.body.error).toMatchObject({
    status: "RESOURCE_EXHAUSTED",
    message: "Too many concurrent requests for user.",
  });
  expect((await gmail("profile")).status).toBe(200);
});

test("without a quota nothing is refused and everything is metered", () => {
  const quota = openQuota(undefined, 1, handClock());
  for (let i = 0; i < 1_000; i++) expect(quota.charge("ada@example.com", 40)).toBeUndefined();
  expect(quota.exceeded()).toBeInstanceOf(Refusal);
});

test("a bucket holds so many seconds of units, and is emptied by a refused call where those are charged", () => {
  const clock = handClock();
  const options = { unitsPerMinute: 6_000, tier: "2026", shape: "bucket", burstSeconds: 5 } as const;
  const readsOf = (chargesRefused: boolean) => {
    const quota = openQuota({ ...options, chargesRefused }, 1, clock);
    const passes = (units: number) => quota.charge("ada@example.com", units) === undefined;
    let reads = 0;
    while (passes(40)) reads += 1;
    return { reads, more: passes(20) };
  };
  expect(readsOf(false)).toEqual({ reads: 12, more: true }); // 500 units: twelve reads of 40, and 20 left
  expect(readsOf(true)).toEqual({ reads: 12, more: false });
});

test("whole minutes that began before the first call follow each other without a gap", () => {
  const clock = handClock();
  const options = { unitsPerMinute: 40, tier: "2026", shape: "fixed", minuteBeganSeconds: 35 } as const;
  const quota = openQuota(options, 1, clock);
  const begun = Math.floor(clock() / 1_000) * 1_000 - 35_000;
  const passesAt = (seconds: number): boolean => {
    clock.advance(begun + seconds * 1_000 - clock());
    return quota.charge("ada@example.com", 40) === undefined;
  };
  expect([35, 59, 60, 119, 185, 239, 240].map(passesAt)).toEqual([true, false, true, false, true, false, true]);
});

test.each([
  ["limit", true, false],
  ["window", false, true],
  ["both", true, true],
  ["nothing", false, false],
] as const)("refusals name %s", (refusalsName, limit, window) => {
  const quota = openQuota({ unitsPerMinute: 6_000, tier: "2026", refusalsName }, 1, handClock());
  const body = JSON.stringify(quota.exceeded().body);
  expect([body.includes("quota_limit_value"), body.includes("window_start_time")]).toEqual([limit, window]);
});
