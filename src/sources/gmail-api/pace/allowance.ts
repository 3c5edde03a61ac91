import type { EpochMs } from "../../../core/ports.ts";
import { PRICES, UNITS_PER_MINUTE, type Method, type Prices, type Tier } from "../../../core/quota.ts";
import { createSlidingMinute, type SlidingMinute } from "../../../core/sliding-minute.ts";
import { USABLE } from "./spacing.ts";

/** Before it looks for more, an unknown project is used as a new one for so long. */
const CAUTIOUS_MS = 5_000;

/**
 * While it looks for more: units a minute at the 2026 prices, about what the legacy limit comes to at them. A server of the
 * 2026 tier refuses a little sooner for it, and its minute is spent either way; the legacy tier is proved in a third of one.
 */
const SEEKING_PACE = 60_000;

/**
 * No server of the 2026 tier lets so much through within a minute, whenever its windows begin: two fixed windows or one
 * full bucket and a minute's inflow are twice the limit. What does is of the legacy tier.
 */
const PROOF = 2.1 * UNITS_PER_MINUTE["2026"];

/** Beyond the known ceiling one call at a time is in flight, and one more for every so many that got through. */
const WIDEN_AFTER = 30;

/** A refusal that names no limit says little: look again after this. */
const SEEK_AGAIN_MS = 600_000;

export type Limit = Readonly<{ tier: Tier; unitsPerMinute: number }>;

/**
 * What this account may spend a minute and what calls cost. Fixed by an explicit number; else by the tier; else, in
 * `auto`, found out: from the limit that a refusal names, or by spending more than the 2026 tier could allow.
 */
export type Allowance = Readonly<{
  tier(): Tier;
  prices(): Prices;
  unitsPerMinute(): number;
  /** What was found out, if it was. */
  learned(): Limit | undefined;
  /** Units a minute at which to send now; more than the limit while a higher one is sought. */
  pace(now: EpochMs): number;
  /** The most units within a sliding minute. */
  ceiling(now: EpochMs): number;
  /** The most calls in flight, for a next call of this method. */
  width(method: Method, now: EpochMs): number;
  used(now: EpochMs): number;
  usedSince(from: EpochMs, now: EpochMs): number;
  downTo(most: number, now: EpochMs): EpochMs;
  sent(method: Method, now: EpochMs): void;
  /** A call got through. True when that proved a higher limit. */
  accepted(now: EpochMs): boolean;
  /** A quota refusal. True when our own pace explains it, since a higher limit was sought or another one was believed. */
  refused(named: number | undefined, now: EpochMs): boolean;
}>;

export function createAllowance(setting: "auto" | Tier, explicit?: number, remembered?: Limit): Allowance {
  const believed = startOf(setting, explicit, remembered);
  let { tier, unitsPerMinute } = believed;
  let learned = remembered !== undefined && believed === remembered;
  const seeks = setting === "auto" && explicit === undefined;
  let seekFrom = Infinity;
  let untried = seeks && !learned;
  let beyond = 0; // calls that got through beyond the 2026 ceiling
  const spent: Record<Tier, SlidingMinute> = { "2026": createSlidingMinute(), legacy: createSlidingMinute() };

  const isSeeking = (now: EpochMs): boolean => now >= seekFrom;
  const ceilingOf2026 = UNITS_PER_MINUTE["2026"] * USABLE;
  const learn = (limit: Limit): void => {
    ({ tier, unitsPerMinute } = limit);
    learned = seeks;
    seekFrom = Infinity;
  };

  return {
    tier: () => tier,
    prices: () => PRICES[tier],
    unitsPerMinute: () => unitsPerMinute,
    learned: () => (learned ? { tier, unitsPerMinute } : undefined),
    pace: (now) => (isSeeking(now) ? SEEKING_PACE : unitsPerMinute * USABLE),
    ceiling: (now) => (isSeeking(now) ? Infinity : unitsPerMinute * USABLE),
    width(method, now) {
      const crosses = isSeeking(now) && spent["2026"].used(now) + PRICES["2026"][method] > ceilingOf2026;
      return crosses ? 1 + Math.floor(beyond / WIDEN_AFTER) : Infinity;
    },
    used: (now) => spent[tier].used(now),
    usedSince: (from, now) => spent[tier].usedSince(from, now),
    downTo: (most, now) => spent[tier].downTo(most, now),
    sent(method, now) {
      if (untried) seekFrom = now + CAUTIOUS_MS;
      untried = false;
      spent["2026"].add(PRICES["2026"][method], now);
      spent.legacy.add(PRICES.legacy[method], now);
    },
    accepted(now) {
      if (!isSeeking(now)) return false;
      const used = spent["2026"].used(now);
      if (used > ceilingOf2026) beyond += 1;
      if (used <= PROOF) return false;
      learn({ tier: "legacy", unitsPerMinute: UNITS_PER_MINUTE.legacy });
      return true;
    },
    refused(named, now) {
      if (explicit !== undefined) return false;
      if (named !== undefined) {
        const own = isSeeking(now) || named !== unitsPerMinute;
        learn({ tier: setting === "auto" ? tierOf(named, spent, now) : setting, unitsPerMinute: named });
        return own;
      }
      if (!isSeeking(now)) return false;
      seekFrom = now + SEEK_AGAIN_MS;
      beyond = 0;
      return true;
    },
  };
}

function startOf(setting: "auto" | Tier, explicit?: number, remembered?: Limit): Limit {
  if (explicit !== undefined) {
    // Only a legacy project may spend more than the 2026 limit; beyond both, nothing can be told from the number.
    const isLegacy = explicit > UNITS_PER_MINUTE["2026"] && explicit <= UNITS_PER_MINUTE.legacy;
    return { tier: setting === "auto" ? (isLegacy ? "legacy" : "2026") : setting, unitsPerMinute: explicit };
  }
  if (setting === "auto" && remembered) return remembered;
  const tier = setting === "auto" ? "2026" : setting;
  return { tier, unitsPerMinute: UNITS_PER_MINUTE[tier] };
}

/** The tier that a limit belongs to; of a limit of neither, the tier whose prices explain best that it is reached now. */
function tierOf(named: number, spent: Readonly<Record<Tier, SlidingMinute>>, now: EpochMs): Tier {
  if (named === UNITS_PER_MINUTE["2026"]) return spent["2026"].used(now) > PROOF ? "legacy" : "2026";
  if (named === UNITS_PER_MINUTE.legacy) return "legacy";
  const distance = (tier: Tier): number => Math.abs(Math.log(spent[tier].used(now) / named));
  return distance("2026") <= distance("legacy") ? "2026" : "legacy";
}
