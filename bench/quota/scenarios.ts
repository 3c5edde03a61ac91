import type { Ref } from "../../src/core/mail/ref.ts";
import { UNITS_PER_MINUTE, type Method, type Tier } from "../../src/core/quota.ts";
import type { Learned } from "../../src/sources/gmail-api/pace/pacer.ts";
import { manualClock } from "../../test/manual-clock.ts";
import { chargeOf, fixedWindow, slidingWindow, tokenBucket, type Meter, type Server } from "../../test/quota-server.ts";
import { burstsOfTen, oneAtATime, SIX_TRIES, tenWorkers, TEN_TRIES, type OtherWay } from "./other-ways.ts";
import { ourWay } from "./our-way.ts";
import { LATENCY_MS, refsOf, virtualGmail, type Seen } from "./virtual-gmail.ts";

/** How a server counts its minute. Each meter serves one run. */
const SHAPES: readonly (readonly [name: string, meter: (limit: number) => Meter])[] = [
  ["whole minutes", (limit) => fixedWindow(limit)],
  ["the last minute", (limit) => slidingWindow(limit)],
  ["bucket of 5 s", (limit) => tokenBucket(limit)],
];

const NO_LIMIT = (): Meter => ({ charge: () => undefined });

export const COLD = "gmail-export, nothing known";
export const REMEMBERED = "gmail-export, tier remembered";
const TOLD = "gmail-export, told that there is no limit";

const OTHER_WAYS: readonly (readonly [name: string, way: OtherWay])[] = [
  ["one get at a time, 50 ms pause; 6 tries", oneAtATime(SIX_TRIES)],
  ["10 gets in flight; 6 tries", tenWorkers(SIX_TRIES)],
  ["10 gets in flight; 10 tries", tenWorkers(TEN_TRIES)],
  ["bursts of 10 gets; 10 tries", burstsOfTen(TEN_TRIES)],
];

type Scenario = Readonly<{
  group: string;
  messages: number;
  tier: Tier;
  shape: string;
  server: () => Server;
  /** No limit of units: what calls in flight allow is all there is. */
  unlimited?: true;
}>;

export type Result = Readonly<{
  group: string;
  shape: string;
  way: string;
  ours: boolean;
  messages: number;
  brought: number;
  minutes: number;
  seen: Seen;
  /** Messages a minute as a part of the best that this limit allows. */
  share: number;
  unitsAtLeast: number;
}>;

export const GROUPS = {
  "2026": "2026 tier: 6,000 units a minute, 20 a message, 40 a conversation. 2,000 messages",
  legacy: "Legacy tier: 15,000 units a minute, 5 a message, 10 a conversation. 2,000 messages",
  long: "10,000 messages",
  overpriced: "2026 tier, but a full message or conversation really costs 2.5 times its price. 2,000 messages",
  narrow: "At most 8 calls at once. 10,000 messages",
} as const;

function scenarios(): Scenario[] {
  const lastMinute = SHAPES[1]!;
  const scenario = (
    group: string,
    messages: number,
    tier: Tier,
    [shape, meter]: (typeof SHAPES)[number],
    more: Partial<Server> = {},
  ): Scenario => ({
    group,
    messages,
    tier,
    shape,
    server: () => ({ meter: meter(UNITS_PER_MINUTE[tier]), tier, ...more }),
  });
  const tiers = ["2026", "legacy"] as const;
  return [
    ...tiers.flatMap((tier) => SHAPES.map((shape) => scenario(GROUPS[tier], 2_000, tier, shape))),
    ...tiers.map((tier) => scenario(GROUPS.long, 10_000, tier, [`${tier} tier`, lastMinute[1]])),
    ...SHAPES.map((shape) => scenario(GROUPS.overpriced, 2_000, "2026", shape, { overprice: 2.5 })),
    scenario(GROUPS.narrow, 10_000, "2026", ["and the 2026 tier", lastMinute[1]], { concurrency: 8 }),
    {
      ...scenario(GROUPS.narrow, 10_000, "2026", ["no other limit", NO_LIMIT], { concurrency: 8 }),
      unlimited: true,
    },
  ];
}

/** Runs all of it, one way after the other, each against a server of its own. */
export async function runScenarios(onResult: (result: Result) => void): Promise<void> {
  for (const scenario of scenarios()) {
    const refs = refsOf(scenario.messages);
    const run = async (name: string, way: OtherWay, ours = false): Promise<void> =>
      onResult(await measure(scenario, refs, name, way, ours));
    let learned: Learned | undefined;
    const cold: OtherWay = async (http, clock) => {
      const { brought, ...found } = await ourWay(http, clock);
      learned = found.learned;
      return brought;
    };
    const told: OtherWay = async (http, clock) => (await ourWay(http, clock, { unitsPerMinute: 1e9 })).brought;
    const remembered: OtherWay = async (http, clock) => (await ourWay(http, clock, { remembered: learned })).brought;
    if (scenario.unlimited) await run(TOLD, told, true);
    else {
      await run(COLD, cold, true);
      await run(REMEMBERED, remembered, true);
    }
    for (const [name, way] of OTHER_WAYS) await run(name, way);
  }
}

async function measure(scenario: Scenario, refs: readonly Ref[], way: string, run: OtherWay, ours: boolean) {
  const clock = manualClock();
  const server = scenario.server();
  const gmail = virtualGmail(refs, server, clock);
  const begun = clock.now();
  const brought = await clock.run(run(gmail, clock));
  const minutes = (clock.now() - begun) / 60_000;
  const { units, calls } = leastOf(refs, server);
  const bestMinutes = scenario.unlimited
    ? (calls * LATENCY_MS) / server.concurrency! / 60_000
    : units / UNITS_PER_MINUTE[scenario.tier];
  return {
    group: scenario.group,
    shape: scenario.shape,
    way,
    ours,
    messages: refs.length,
    brought,
    minutes,
    seen: gmail.seen,
    share: brought / minutes / (refs.length / bestMinutes),
    unitsAtLeast: units,
  };
}

/**
 * The fewest units in which the mailbox can be listed and read, at what this server charges: each conversation whole or
 * message by message. Reckoned apart from the planner, so that the two can be compared.
 */
function leastOf(refs: readonly Ref[], server: Server): { units: number; calls: number } {
  const priceOf = (method: Method): number => chargeOf(server, { method }, 0);
  const pages = Math.ceil(refs.length / 500);
  let units = pages * priceOf("messages.list");
  let calls = pages;
  for (const [, { length }] of Map.groupBy(refs, ({ threadId }) => threadId)) {
    units += Math.min(priceOf("threads.get"), length * priceOf("messages.get"));
    calls += 1;
  }
  return { units, calls };
}
