import { PRICES, UNITS_PER_MINUTE, type Method, type Tier } from "../src/core/quota.ts";
import type { EpochMs } from "../src/core/time.ts";
import { createPacer, type Learned, type PacerOptions } from "../src/sources/gmail-api/pace/pacer.ts";
import { manualClock } from "./manual-clock.ts";
import { projectBudget } from "./project-budget.ts";
import {
  fixedWindow,
  seeded,
  serve,
  sharedMeter,
  slidingWindow,
  tokenBucket,
  type Manners,
  type Meter,
} from "./quota-server.ts";

const MINUTE_MS = 60_000;
export const MAX_IN_FLIGHT = 10;

type MakeMeter = (limit: number, manners: Manners) => Meter;

/** Manners of counting a minute that Google may have; it says of none which it is. */
const METERS: Readonly<Record<string, MakeMeter>> = {
  "whole minutes from the first call": (limit, manners) => fixedWindow(limit, manners),
  "whole minutes begun before it": (limit, manners) => fixedWindow(limit, { ...manners, phaseMs: 35_000 }),
  "the last minute": (limit, manners) => slidingWindow(limit, manners),
  "bucket of 1 s": (limit, manners) => tokenBucket(limit, { ...manners, seconds: 1 }),
  "bucket of 5 s": (limit, manners) => tokenBucket(limit, { ...manners, seconds: 5 }),
  "bucket of 10 s": (limit, manners) => tokenBucket(limit, { ...manners, seconds: 10 }),
  "bucket of 30 s": (limit, manners) => tokenBucket(limit, { ...manners, seconds: 30 }),
  "bucket of a minute": (limit, manners) => tokenBucket(limit, { ...manners, seconds: 60 }),
};

/** What differs from one server to the next. */
export type Case = Readonly<{
  meter: string;
  tier: Tier;
  limit: number;
  overprice: number;
  charged: boolean;
  says: "limit" | "window" | "both" | "nothing";
  latencyMs: number;
  /** Messages a conversation on the average: how many calls are threads.get follows from it. */
  conversation: 1 | 2.5 | 6;
  /** In the middle of the run: another price, or another program that spends a third for four minutes. */
  change?: "price" | "other program";
}>;

export type Outcome = Readonly<{
  /** Minute by minute, beside what this server could let through. More was let through where it lets a burst go. */
  shares: readonly number[];
  first: number;
  /** The worst minute after the first; one after a burst owes what the burst had beyond its minute. */
  later: number;
  calls: number;
  refusedPer1000: number;
  /** Of the calls after the first two minutes. */
  lateRefusedPer1000: number;
  /** Seconds from the beginning. */
  refusedAt: readonly number[];
  learned: Learned | undefined;
  /** What got through by the second. */
  passed: readonly number[];
}>;

const CHANGE_FROM = 4;
const CHANGE_TO = 8;

/** A server of the matrix, or one that was drawn: how it counts, and what is asked of it. */
type Asked = Pick<Case, "tier" | "limit" | "overprice" | "conversation" | "change"> &
  Readonly<{
    meter: Meter;
    latencyMs: (random: () => number) => number;
    /** Units a minute that it can let through at the most; without, its limit. */
    best?: number;
  }>;

/** The meter of a server of the matrix, full or at the beginning of its minute. */
export function meterOf({ meter, limit, charged, says }: Case): Meter {
  const saying = {
    charged,
    saysLimit: says === "limit" || says === "both",
    saysWhen: says === "window" || says === "both",
    toldPart: 1 / 3,
  };
  return METERS[meter]!(limit, saying);
}

/** Runs one server of the matrix for some minutes of virtual time; the same numbers at every run. */
export function runCase(one: Case, minutes: number, options: Partial<PacerOptions> = {}): Promise<Outcome> {
  const meter = meterOf(one);
  const inFlightBound = ((MAX_IN_FLIGHT * MINUTE_MS) / one.latencyMs) * priceOf(one);
  const best = Math.min(one.limit, inFlightBound);
  return runServer({ ...one, meter, latencyMs: () => one.latencyMs, best }, minutes, options);
}

/** The part of the calls that read whole conversations, so that a call brings so many messages on the average. */
export const THREADS: Readonly<Record<Case["conversation"], number>> = { 1: 0, 2.5: 0.5, 6: 0.9 };

/** What a call is charged on the average. */
export function priceOf({ tier, overprice, conversation }: Pick<Case, "tier" | "overprice" | "conversation">): number {
  const threads = THREADS[conversation];
  return overprice * (threads * PRICES[tier]["threads.get"] + (1 - threads) * PRICES[tier]["messages.get"]);
}

/** What the dearest call is charged. */
export const dearestOf = ({
  tier,
  overprice,
  conversation,
}: Pick<Case, "tier" | "overprice" | "conversation">): number =>
  overprice * PRICES[tier][THREADS[conversation] === 0 ? "messages.get" : "threads.get"];

/** Runs any server for some minutes of virtual time; the same numbers at every run. */
export async function runServer(one: Asked, minutes: number, options: Partial<PacerOptions> = {}): Promise<Outcome> {
  const clock = manualClock();
  const begun = clock.now();
  let learned: Learned | undefined;
  const pacer = createPacer({
    clock,
    tier: "auto",
    maxInFlight: MAX_IN_FLIGHT,
    project: projectBudget(clock),
    onLearned: (now) => void (learned = now),
    ...options,
  });
  const roll = seeded(11);
  const at = (minute: number): EpochMs => begun + minute * MINUTE_MS;
  const meter =
    one.change === "other program" ? sharedMeter(one.meter, one.limit / 3, at(CHANGE_FROM), at(CHANGE_TO)) : one.meter;
  const dearer = (now: EpochMs): number => (now >= at(CHANGE_FROM) ? one.overprice * 1.5 : one.overprice);
  const passed: number[] = [];
  const watched: Meter = {
    charge(units, now) {
      const refusal = meter.charge(units, now);
      const second = Math.floor((now - begun) / 1_000);
      if (!refusal) passed[second] = (passed[second] ?? 0) + units;
      return refusal;
    },
  };
  const server = {
    meter: watched,
    tier: one.tier,
    overprice: one.change === "price" ? dearer : one.overprice,
    latencyMs: one.latencyMs,
  };
  const method = (): Method => (roll() < THREADS[one.conversation] ? "threads.get" : "messages.get");
  const served = await serve(server, pacer, clock, { minutes, method });

  const shares = served.units.map((units, minute) => {
    const isShared = one.change === "other program" && minute >= CHANGE_FROM && minute < CHANGE_TO;
    return units / Math.min(one.limit * (isShared ? 2 / 3 : 1), one.best ?? Infinity);
  });
  // A minute in which something changes, and the one after it, are not judged.
  const changes = one.change ? [CHANGE_FROM, ...(one.change === "other program" ? [CHANGE_TO] : [])] : [];
  const isJudged = (minute: number): boolean =>
    minute > 0 && !changes.some((from) => minute === from || minute === from + 1);
  const late = served.refusedAt.filter(
    (second) => second >= 120 && !changes.some((from) => second >= from * 60 && second < from * 60 + 120),
  );
  return {
    shares,
    first: shares[0]!,
    later: Math.min(...withBursts(shares).filter((_, minute) => isJudged(minute))),
    calls: served.calls,
    refusedPer1000: (1_000 * served.refused) / served.calls,
    lateRefusedPer1000: (1_000 * late.length) / served.calls,
    refusedAt: served.refusedAt,
    learned,
    passed,
  };
}

/** What went beyond a minute's share counts for the ones after it: it was let through early, not won. */
export function withBursts(shares: readonly number[]): number[] {
  let burst = 0;
  return shares.map((share) => {
    const whole = Math.min(share + burst, Math.max(1, share));
    burst = Math.max(0, burst + share - 1);
    return whole;
  });
}

const SAYS = ["limit", "nothing", "both", "limit", "window"] as const;
const LATENCIES = [100, 20, 400] as const;
const CONVERSATIONS = [2.5, 1, 6] as const;

/**
 * The matrix: every meter with every one of these prices and limits; what refusals say, charges for them, latency and
 * conversations are dealt out so that each meets each meter.
 */
export function matrix(
  kinds: readonly (Pick<Case, "tier" | "limit" | "overprice"> & { change?: Case["change"] })[],
): Case[] {
  return Object.keys(METERS).flatMap((meter, row) =>
    kinds.map(({ tier, limit, overprice, change }, column) => ({
      meter,
      tier,
      limit,
      overprice,
      charged: (row + column) % 2 === 0,
      says: SAYS[(row + column) % SAYS.length]!,
      latencyMs: LATENCIES[(row + 2 * column) % LATENCIES.length]!,
      conversation: CONVERSATIONS[(2 * row + column) % CONVERSATIONS.length]!,
      ...(change && { change }),
    })),
  );
}

export const LISTED = [
  { tier: "2026", limit: UNITS_PER_MINUTE["2026"], overprice: 1 },
  { tier: "legacy", limit: UNITS_PER_MINUTE.legacy, overprice: 1 },
] as const;
export const OTHER_LIMITS = [4_500, 9_000, 12_000, 15_000].map((limit) => ({
  tier: "2026" as const,
  limit,
  overprice: 1,
}));
export const DEARER = [1.5, 2, 2.5, 3].map((overprice) => ({ tier: "2026" as const, limit: 6_000, overprice }));
export const DEARER_LEGACY = [{ tier: "legacy", limit: 15_000, overprice: 2.5 }] as const;
export const CHANGING = [
  { tier: "2026", limit: 6_000, overprice: 1, change: "other program" },
  { tier: "2026", limit: 6_000, overprice: 1.5, change: "price" },
] as const;
