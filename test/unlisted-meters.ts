import { PRICES, UNITS_PER_MINUTE, type Tier } from "../src/core/quota.ts";
import type { EpochMs } from "../src/core/time.ts";
import { priceOf, THREADS, type Case } from "./meter-matrix.ts";
import { fixedWindow, refuser, seeded, slidingWindow, tokenBucket, type Manners, type Meter } from "./quota-server.ts";

const MINUTE_MS = 60_000;

/** Units flow in every so often rather than evenly. */
function bucketInSteps(
  limit: number,
  { seconds, stepMs, ...manners }: Manners & { seconds: number; stepMs: number },
): Meter {
  const bucket = tokenBucket(limit, { ...manners, seconds });
  return { charge: (units, now) => bucket.charge(units, Math.floor(now / stepMs) * stepMs) };
}

/** A bucket that is empty at first, and that refused calls leave in debt by their price, up to what it holds. */
function indebtedBucket(limit: number, { seconds, ...manners }: Manners & { seconds: number }): Meter {
  const refuse = refuser(limit, manners);
  const size = Math.max((limit * seconds) / 60, 120);
  let level = size / 2;
  let last: EpochMs | undefined;
  return {
    charge(units, now) {
      level = Math.min(size, level + ((now - (last ?? now)) * limit) / MINUTE_MS);
      last = now;
      if (units <= level) return void (level -= units);
      level = Math.max(-size, level - units);
      return refuse(now + 30_000);
    },
  };
}

/** The last minute as most proxies reckon it: this whole minute, and of the one before as much as it still covers. */
function weightedMinutes(limit: number, { phaseMs, ...manners }: Manners & { phaseMs: number }): Meter {
  const refuse = refuser(limit, manners);
  let begun: EpochMs | undefined;
  let before = 0;
  let used = 0;
  return {
    charge(units, now) {
      begun ??= now - phaseMs;
      const over = Math.floor((now - begun) / MINUTE_MS);
      if (over > 0) [before, used, begun] = [over === 1 ? used : 0, 0, begun + over * MINUTE_MS];
      const left = limit - used - before * (1 - (now - begun) / MINUTE_MS);
      if (units <= left) return void (used += units);
      if (manners.charged) used += Math.max(0, left);
      return refuse(begun + MINUTE_MS);
    },
  };
}

/** A small bucket before a whole minute: a call must get through both, and the first charges for what the second refuses. */
function bucketAndMinute(limit: number, { seconds, ...manners }: Manners & { seconds: number }): Meter {
  const bucket = tokenBucket(limit * 1.5, { ...manners, seconds });
  const minute = slidingWindow(limit, manners);
  return { charge: (units, now) => bucket.charge(units, now) ?? minute.charge(units, now) };
}

/** A server that was drawn by chance. */
export type Drawn = Readonly<{
  kind: string;
  tier: Tier;
  limit: number;
  overprice: number;
  conversation: Case["conversation"];
  latencyMs: (random: () => number) => number;
  meanLatencyMs: number;
  /** What a bucket holds, or how long a window is. */
  seconds: number;
  charged: boolean;
  meter: Meter;
  /** Units a minute that can be had: in a window there may be no room for a whole call at the end. */
  best: number;
  text: string;
}>;

/**
 * Draws a server from a family far broader than what the pacer plays through: windows of 7 to 60 s, buckets of any size that
 * begin empty, fill in steps or are in debt, minutes that are weighed, two meters one behind the other, windows named
 * truly, falsely or as the day's, latency of any kind, any limit and price.
 */
export function drawServer(seed: number): Drawn {
  const random = seeded(1_000_003 * seed + 17);
  for (let skip = 0; skip < 5; skip += 1) random();
  const between = (from: number, to: number): number => from + (to - from) * random();
  const spread = (from: number, to: number): number => from * (to / from) ** random();
  const oneOf = <T>(...some: readonly T[]): T => some[Math.floor(random() * some.length)]!;

  const kind = oneOf(
    "windows",
    "windows",
    "last seconds",
    "bucket",
    "bucket",
    "stepped",
    "indebted",
    "weighted",
    "two",
  );
  const isListed = random() < 0.65;
  const tier: Tier = random() < 0.25 ? "legacy" : "2026";
  const limit = isListed ? UNITS_PER_MINUTE[tier] : Math.round(spread(3_000, 20_000));
  const overprice = random() < 0.6 ? 1 : between(1.2, 3);
  const conversation = oneOf<Case["conversation"]>(1, 2.5, 6);
  const says = oneOf("limit", "limit", "nothing", "both", "window", "day");
  const charged = random() < 0.5;
  const seconds = kind === "windows" || kind === "last seconds" ? oneOf(between(7, 15), 20, 30, 60) : spread(0.7, 60);
  const phaseMs = between(0, 60_000);
  const stepMs = between(300, 3_000);
  const latency = spread(20, 400);
  const isUneven = random() < 0.3;
  const manners: Manners = {
    charged,
    saysLimit: says === "limit" || says === "both",
    saysWhen: says === "day" ? "day" : says === "window" || says === "both",
    toldPart: oneOf(1 / 3, 1),
  };
  const makeMeter = (more: Manners = {}): Meter => {
    const all = { ...manners, ...more, seconds };
    if (kind === "windows") return fixedWindow(limit, { ...all, phaseMs: phaseMs % (seconds * 1_000) });
    if (kind === "last seconds") return slidingWindow(limit, all);
    if (kind === "bucket") return tokenBucket(limit, all);
    if (kind === "stepped")
      return bucketInSteps(limit, { ...all, seconds: Math.max(seconds, (2 * stepMs) / 1_000), stepMs });
    if (kind === "indebted") return indebtedBucket(limit, { ...all, seconds: Math.max(2, seconds) });
    if (kind === "weighted") return weightedMinutes(limit, { ...all, phaseMs });
    return bucketAndMinute(limit, { ...all, seconds: Math.max(2, seconds) });
  };
  const asked = { tier, limit, overprice, conversation } as const;
  // In-flight calls may be the lesser bound; uneven answers take as long on the average.
  const inFlight = ((10 * MINUTE_MS) / latency) * priceOf(asked);
  const best = kind === "windows" || kind === "last seconds" ? mostOf(makeMeter({ charged: false }), asked) : limit;
  return {
    kind,
    ...asked,
    meter: makeMeter(),
    best: Math.min(limit, best, inFlight),
    seconds,
    charged,
    meanLatencyMs: latency,
    latencyMs: (roll) => latency * (isUneven ? 0.6 + 2 * roll() ** 4 : 0.9 + 0.2 * roll()),
    text: `${kind} ${seconds.toFixed(1)} s, ${limit} ${tier}, price × ${overprice.toFixed(2)}, says ${says}, ${charged ? "charged" : "free"}, ${latency.toFixed(0)} ms${isUneven ? " uneven" : ""}, conversations of ${conversation}`,
  };
}

/** What a minute lets through on the average, when as much is asked of it as it bears: found by trying at every moment. */
function mostOf(
  meter: Meter,
  { tier, overprice, conversation }: Pick<Case, "tier" | "overprice" | "conversation">,
): number {
  const MINUTES = 10;
  const roll = seeded(11);
  const prices = PRICES[tier];
  let price = 0;
  let sum = 0;
  for (let now = 0; now < MINUTES * MINUTE_MS; now += 50) {
    for (;;) {
      if (price === 0) price = overprice * prices[roll() < THREADS[conversation] ? "threads.get" : "messages.get"];
      if (meter.charge(price, now)) break;
      sum += price;
      price = 0;
    }
  }
  return sum / MINUTES;
}
