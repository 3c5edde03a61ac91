import type { LearnedLimit } from "../../../core/ports/learned-limits.ts";
import { PRICES, UNITS_PER_MINUTE, type Method, type Tier } from "../../../core/quota.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { Expected } from "./rate-grid.ts";

export type Limit = Readonly<{ tier: Tier; unitsPerMinute: number }>;

/** What was found out of a Cloud project; worth keeping per client id. */
export type Learned = LearnedLimit;

/** How many times cheaper reads are in a tier's list than in that of 2026; all three kinds of read by the same. */
const CHEAPER: Readonly<Record<Tier, number>> = {
  "2026": 1,
  legacy: PRICES["2026"]["messages.get"] / PRICES.legacy["messages.get"],
};

/** A price factor nearer to 1 than this is 1. */
const CLOSE = 1.02;
const DEAREST = 3.6;

/** The rate, in units of the 2026 list, that a limit comes to. */
export function rateOf({ tier, unitsPerMinute }: Limit): number {
  return unitsPerMinute * CHEAPER[tier];
}

/** Whether Google may charge this method otherwise than listed; reads of mail alone were seen to be. */
export const isRead = (method: Method): boolean => PRICES["2026"][method] !== PRICES.legacy[method];

/** Nothing known: most projects are new ones, some are of the legacy tier, some are charged more than the list says. */
const UNKNOWN: readonly Expected[] = [
  { from: 6_000, to: 6_000, weight: 0.42 },
  { from: 60_000, to: 60_000, weight: 0.2 },
  { from: 1_700, to: 5_800, weight: 0.2 },
  { from: 6_200, to: 58_000, weight: 0.08 },
  { from: 1_000, to: 60_000, weight: 0.04 },
];

/** The limit is certain, what calls are charged beside what they are reckoned at is not. */
export function expectedOf(limit: Limit, dearest = 1): readonly Expected[] {
  const list = rateOf(limit);
  const expected: Expected[] = [
    { from: list, to: list, weight: 0.6 },
    { from: list / DEAREST, to: list, weight: 0.35 },
    { from: list / 6, to: list, weight: 0.05 },
  ];
  if (dearest < CLOSE) return expected;
  return [
    { from: list, to: list, weight: 2 },
    { from: list / 1.06, to: list * 1.06, weight: 1 },
    ...expected,
    { from: list, to: list * dearest, weight: 0.05 },
  ];
}

/** Google has named a limit, which may belong to either tier. */
export function expectedOfNamed(unitsPerMinute: number): readonly Expected[] {
  const isLegacy = unitsPerMinute >= 1.5 * UNITS_PER_MINUTE["2026"] ? 1 : 0.1;
  return [
    ...expectedOf({ tier: "2026", unitsPerMinute }),
    ...expectedOf({ tier: "legacy", unitsPerMinute }).map(({ from, to, weight }) => ({
      from,
      to,
      weight: weight * isLegacy,
    })),
  ];
}

/** What a rate that was found means: whose tier, and which limit. Where that is more than the rate, calls cost more than listed. */
export function explain(rate: number, named: number | undefined, setting: Tier | "auto"): Limit {
  const tier = setting === "auto" ? tierOf(rate, named) : setting;
  const listed = UNITS_PER_MINUTE[tier];
  const found = rate / CHEAPER[tier];
  return { tier, unitsPerMinute: named ?? (found > listed * CLOSE ? Math.round(found) : listed) };
}

/**
 * Beyond the limit of a new project by so much it must be an old one. Windows that nobody saw begin may for a while let
 * through more than they bear.
 */
const BEYOND_LISTED = 1.3;

function tierOf(rate: number, named: number | undefined): Tier {
  if (named === undefined) return rate > 2.1 * UNITS_PER_MINUTE["2026"] ? "legacy" : "2026";
  return rate > named * (named === UNITS_PER_MINUTE["2026"] ? BEYOND_LISTED : 1.08) ? "legacy" : "2026";
}

/** What is set, and what an earlier export found. */
export type KnownAtStart = Readonly<{
  tier: "auto" | Tier;
  unitsPerMinute?: number | undefined;
  remembered?: Learned | undefined;
  /** How many times its list price the dearest read is reckoned at, from what is remembered: it may have become cheaper. */
  dearest?: number | undefined;
  /** Since when nothing is missing of what was spent. From a minute that reaches further back no price is learned. */
  knownSince?: EpochMs | undefined;
  /** Of the minute before this process began, where anything was called in it. */
  firstCallAt?: EpochMs | undefined;
}>;

/** The limit to begin with. */
export function startOf({ tier, unitsPerMinute, remembered }: KnownAtStart): Limit {
  if (unitsPerMinute !== undefined) {
    // Only a legacy project may spend more than the 2026 limit; beyond both, nothing can be told from the number.
    const isLegacy = unitsPerMinute > UNITS_PER_MINUTE["2026"] && unitsPerMinute <= UNITS_PER_MINUTE.legacy;
    return { tier: tier === "auto" ? (isLegacy ? "legacy" : "2026") : tier, unitsPerMinute };
  }
  if (tier === "auto" && remembered) return { tier: remembered.tier, unitsPerMinute: remembered.unitsPerMinute };
  const fixed = tier === "auto" ? "2026" : tier;
  return { tier: fixed, unitsPerMinute: UNITS_PER_MINUTE[fixed] };
}

/** What may be expected before the first answer. */
export function expectedAtStart(
  { tier, unitsPerMinute, remembered, dearest }: KnownAtStart,
  start: Limit,
): readonly Expected[] {
  if (tier === "auto" && unitsPerMinute === undefined && remembered === undefined) return UNKNOWN;
  return expectedOf(start, dearest);
}
