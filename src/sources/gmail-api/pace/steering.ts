import type { EpochMs } from "../../../core/time.ts";
import { UNITS_PER_MINUTE } from "../../../core/quota.ts";
import { createBelief } from "./belief.ts";
import {
  expectedAtStart,
  expectedOf,
  expectedOfNamed,
  explain,
  rateOf,
  startOf,
  type KnownAtStart,
  type Learned,
} from "./expected.ts";
import type { Seen } from "./measured.ts";
import { createRefusalBudget } from "./refusal-budget.ts";

const MINUTE_MS = 60_000;

/** Part of a believed rate that is used: calls reach Google less evenly than they were sent. More once a minute was clean, less when the hour's refusals are spent. */
const USABLE = { clean: 0.995, refused: 0.99, spent: 0.95 } as const;

/** The most within a sliding minute, beside the pace and beside the believed rate: an even pace is not held up by it. */
const CEILING = { pace: 1.003, rate: 0.998 } as const;

/**
 * What a refusal costs, as a part of what can be had: less at first, when it teaches most, more after each; half as much
 * after every two quiet minutes, so that a pace which is too low rises; and most when the hour's refusals are spent.
 */
const REFUSAL_COST = { first: 0.2, more: 0.1, later: 0.3, least: 0.05, spent: 1 } as const;
const BOLD = 1.02;

/**
 * Nothing known: how many times faster than a 2026 project bears calls go once so many units got through. A bucket is
 * emptied by what goes beyond its rate, and only its last call is refused, so the search costs that call.
 */
const SEEKING: readonly (readonly [passed: number, times: number])[] = [
  [2_300, 10],
  [700, 8],
  [300, 4],
  [100, 2],
  [0, 1],
];

/** While seeking so many calls at once, one more for every so many units: those under way when one is refused are refused too. */
const SEEKING_WIDTH = { least: 3, unitsForOneMore: 400 } as const;

/** When the belief is sure that more than this is borne, the legacy tier is proved: no 2026 limit comes to it. */
const LEGACY_PROOF = 13_000;

/**
 * After a refusal the next call goes when it is so likely to get through; where units flow back that is soon, and one
 * call more is a small price for knowing. Less is risked after several, and where units hardly can flow back.
 */
const SURE = { first: 0.3, again: 0.5, windows: 0.75 } as const;
const HARDLY_FLOWS = 0.15;

/** Each refusal after another doubles the least wait, and the looks ahead are so far apart. */
const LEAST_WAIT_MS = 200;
const LOOK_AHEAD = 1.15;
const LOOK_AHEAD_MS = 500;

/**
 * A rate that is known less well than `spread` is tried from the upper half of what is possible, once, after the first
 * quiet seconds: one refusal long after the one before tells it to a percent. One that is hardly known, `wide`, is so at
 * any time, or it would stay too low for long. Whole minutes tell theirs by what they let through.
 */
const REFINE = {
  spread: 1.025,
  wide: 1.1,
  from: 0.7,
  quietMs: 20_000,
  earlyMs: 115_000,
  refusals: 1,
} as const;

/** A pace kept up for so long without a refusal is borne. When one comes after all, it was a little too fast. */
const PROVING_MS = 62_000;
const PROVED_AND_REFUSED = 0.985;
const PROVED_OR_NEARLY = 1.002;

/** How much of the belief goes back to what was expected when a pace that was borne for minutes is refused. */
const DOUBT = 0.2;

/** A lower price is looked for after so many calls without refusal, twice as many after each time that it was not there. */
const LOOK_UP_AFTER = 2_000;
const LOOK_UP_AFTER_MOST = 8_000;
/** … and soon where a refusal may have come of what another process spent before this one began. */
const LOOK_UP_SOON = 60;
/** What fell of a sudden may come back as suddenly: it is looked for after so long, and twice that after each time that it was not there. */
const FALLEN = { below: 0.9, heldMs: 120_000, lookMs: 30_000 } as const;
const LOOK_UP_STEP_MS = 10_000;
const LOOK_UP_STEP = 1.03;
const LOOK_UP_STEP_MOST = 1.5;

/**
 * After a refusal that named no limit, and where more is possible still, a higher rate is looked for after so much quiet and
 * in quick steps: one refusal more tells whether the limit is in a list or is another. Twice at the most.
 */
const SEARCH = { quietMs: 6_000, untilMs: 60_000, stepMs: 3_000, chance: 0.02, times: 2 } as const;

/** Refused twice within a minute: a little slower for a while, or each refusal could be put down to the one before. */
const SLACK = { withinMs: 60_000, forMs: 5_000, part: 0.92 } as const;

/** Calls are not run further ahead of an even spacing than this, whatever a server would bear. */
const AHEAD_MS = 500;

/** Many calls of one moment are one observation: fewer sums, the same belief. */
const BATCH_MS = 100;
const RECKON_MS = 1_000;
const LEAST_UNITS = 20;
const MOST_RATE = 60_000;

/** What came of a call; `isNew` when it was sent after the last refusal was heard. */
type Outcome = Seen & Readonly<{ isNew: boolean }>;
type Refused = Outcome & Readonly<{ named: number | undefined; windowEnd: EpochMs | undefined }>;

/** What is done: at what pace calls go, how many at once, and how long all of them wait after a refusal. */
export type Steering = Readonly<{
  /** Whose limit, how much and at what price, by all that is known now. */
  believed(): Learned;
  /** Whether a higher limit is still looked for. */
  isSeeking(): boolean;
  /** The same when it was found out and is worth keeping. */
  learned(): Learned | undefined;
  /** What a unit that is really charged comes to in units of the 2026 list for reads, in which all here is reckoned. */
  unitsPerReal(): number;
  /** … and a listed unit of a read. */
  unitsPerListed(): number;
  /** Units a minute. */
  pace(now: EpochMs): number;
  /** The most units within a sliding minute. */
  ceiling(now: EpochMs): number;
  /** The most calls in flight. */
  width(): number;
  /** Milliseconds that a call of so many units may run ahead of an even spacing: what the smallest likely bucket bears. */
  ahead(units: number, now: EpochMs): number;
  /** When a call of so many units may go, after a refusal. */
  opensAt(units: number, now: EpochMs): EpochMs;
  /** Until when nothing goes because whole minutes are waited for; a pause of seconds is none. */
  waitsUntil(now: EpochMs): EpochMs;
  /** A call got through. True when that taught something worth keeping. */
  passed(outcome: Outcome, now: EpochMs): boolean;
  refused(refusal: Refused, now: EpochMs): void;
}>;

export function createSteering(options: KnownAtStart, begun: EpochMs): Steering {
  const { tier: setting, unitsPerMinute: explicit, remembered, knownSince = -Infinity } = options;
  const start = startOf(options);
  const isFree = setting === "auto" && explicit === undefined;
  const belief = createBelief(expectedAtStart(options, start), begun);
  let seeking = isFree && remembered === undefined;
  let named = explicit ?? (isFree ? remembered?.unitsPerMinute : undefined);
  let learned: Learned = { ...start, priceFactor: remembered?.priceFactor ?? 1 };
  let isKnown = remembered !== undefined;
  let isPriced = false; // a refusal came of what is known to have been spent

  let told = remembered;
  let rate = belief.bestRate(REFUSAL_COST.first);
  let reckonedAt = begun;
  let batch = { units: 0, from: begun, at: begun };
  let passedUnits = 0;
  let firstAt: EpochMs | undefined;

  let refusedAt = -Infinity;
  let cleanCalls = 0;
  let refusedUnits = 0; // of the last call that was refused
  let streak = 0; // refusals one after the other
  let holdsUntil = -Infinity; // the longest that the last refusal makes all wait

  let streaks = 0;
  const budget = createRefusalBudget();
  let refining = false;
  let refined = 0;
  let proved = 0;
  let steady = { pace: Infinity, since: begun, passed: 0 };
  let reach: { rate: number; step: number; at: EpochMs } | undefined;
  let searched = 0;
  let fallen: { from: number; waitMs: number } | undefined; // it was so high for minutes
  let refusedAgainAt = -Infinity; // soon after the refusal before
  let lookUpAfter = LOOK_UP_AFTER;
  let ahead = { ms: 0, at: -Infinity };

  const observe = (): void => {
    if (batch.units > 0) belief.passed(batch.units, batch.at);
    batch = { ...batch, units: 0 };
  };

  const mayRefine = (now: EpochMs): boolean => {
    if (!isKnown || seeking || now - refusedAt < REFINE.quietMs || budget.isSpent(now)) return false;
    const spread = belief.quantile(0.9) / belief.quantile(0.1);
    if (spread > REFINE.wide) return true;
    const isEarly = now - (firstAt ?? now) < REFINE.earlyMs && refined < REFINE.refusals;
    return spread > REFINE.spread && isEarly && belief.flows() > HARDLY_FLOWS;
  };

  /** After quiet minutes a little more is tried, as far as it is believed; what is far above is looked for step by step. */
  const boldRate = (sober: number, now: EpochMs): number => {
    const quietMinutes = refusedAt === -Infinity ? 0 : Math.max(0, (now - refusedAt) / MINUTE_MS - 1);
    const cost = Math.max(REFUSAL_COST.least, REFUSAL_COST.later * 0.5 ** (quietMinutes / 2));
    return Math.min(belief.bestRate(cost), Math.max(sober, proved) * BOLD);
  };

  const reckon = (now: EpochMs): void => {
    reckonedAt = now;
    const isFirst = now - (firstAt ?? now) < MINUTE_MS;
    const cost = isFirst ? REFUSAL_COST.first + streaks * REFUSAL_COST.more : REFUSAL_COST.later;
    const sober = belief.bestRate(budget.isSpent(now) ? REFUSAL_COST.spent : Math.min(cost, REFUSAL_COST.later));
    rate = budget.isSpent(now) ? sober : Math.max(sober, boldRate(sober, now));
    refining = refusedAt > 0 && mayRefine(now);
    if (refining) rate = Math.max(rate, belief.quantile(REFINE.from));
    learned = explain(Math.max(rate, proved), named, explicit === undefined ? setting : start.tier);
    if (refusedAt === -Infinity && remembered === undefined) learned = { ...learned, priceFactor: 1 }; // nobody said otherwise
  };

  /** A price that is higher than it was is kept only where it was seen. */
  const worthKeeping = (): Learned =>
    isPriced ? learned : { ...learned, priceFactor: Math.min(learned.priceFactor, remembered?.priceFactor ?? 1) };

  const paceOf = (now: EpochMs): number => {
    if (seeking) {
      const [, times] = SEEKING.find(([passed]) => passedUnits >= passed)!;
      return UNITS_PER_MINUTE["2026"] * times * USABLE.clean;
    }
    if (now - refusedAgainAt < SLACK.forMs) return rate * SLACK.part;
    if (budget.isSpent(now)) return rate * USABLE.spent;
    const usable = now - refusedAt > MINUTE_MS ? USABLE.clean : USABLE.refused;
    return Math.max(proved, refining ? rate : 0, (reach?.rate ?? rate) * usable);
  };

  /** Whether no more is tried than what was borne for a minute: a refusal then says that something has changed. */
  const isProved = (now: EpochMs): boolean => paceOf(now) <= proved * PROVED_OR_NEARLY;

  const prove = (now: EpochMs): void => {
    const pace = paceOf(now);
    const { pace: least, since, passed } = steady;
    if (pace >= least && now - since < PROVING_MS) return;
    const wasUsed = passedUnits - passed > (0.95 * least * (now - since)) / MINUTE_MS;
    if (pace >= least && wasUsed) proved = Math.max(proved, least);
    steady = { pace, since: now, passed: passedUnits };
  };

  const maySearch = (now: EpochMs): boolean =>
    named === undefined &&
    searched < SEARCH.times &&
    now - refusedAt < SEARCH.untilMs &&
    rate > UNITS_PER_MINUTE["2026"] * 0.97 &&
    belief.atLeast(rate * 1.05) > SEARCH.chance;

  /** Ever faster, as long as that gets through: a price that fell, a limit that was raised, another program that is done. */
  const lookUp = (now: EpochMs): void => {
    const most = named === undefined ? MOST_RATE : rateOf(learned); // no limit was named: there may be any
    if (rate >= most * 0.995 || budget.isSpent(now)) return void (reach = undefined);
    const isSearch = maySearch(now);
    if (reach === undefined) {
      const isBack = fallen !== undefined && rate < fallen.from * FALLEN.below && now - refusedAt > fallen.waitMs;
      if (cleanCalls >= lookUpAfter || isBack || (isSearch && now - refusedAt > SEARCH.quietMs))
        reach = { rate: rate * LOOK_UP_STEP, step: LOOK_UP_STEP, at: now };
    } else if (now - reach.at >= (isSearch ? SEARCH.stepMs : LOOK_UP_STEP_MS)) {
      const step = Math.min(LOOK_UP_STEP_MOST, reach.step ** 2);
      reach = { rate: Math.min(most, reach.rate * step), step, at: now };
    }
  };

  /** Everything that was being tried out ends with a refusal. */
  const endTrials = (now: EpochMs): void => {
    const wasProved = isProved(now);
    proved = now - refusedAt > MINUTE_MS ? proved * PROVED_AND_REFUSED : 0;
    steady = { pace: Infinity, since: now, passed: passedUnits };
    streak += 1;
    streaks += 1;
    budget.refused(now);
    if (now - refusedAt < SLACK.withinMs) refusedAgainAt = now;
    if (refining) refined += 1;
    if (reach) {
      searched += 1;
      lookUpAfter = Math.max(LOOK_UP_AFTER, Math.min(LOOK_UP_AFTER_MOST, lookUpAfter * 2));
    }
    if (now - Math.max(refusedAt, firstAt ?? now) > FALLEN.heldMs && wasProved)
      fallen = { from: rate, waitMs: FALLEN.lookMs };
    else if (reach && fallen) fallen.waitMs *= 2;
    if (now - MINUTE_MS < knownSince) lookUpAfter = LOOK_UP_SOON;
    else isPriced = true;
    reach = undefined;
    cleanCalls = 0;
  };

  const opensAt = (units: number, now: EpochMs): EpochMs => {
    if (streak === 0 || now >= holdsUntil) return now;
    const sure = belief.flows() < HARDLY_FLOWS ? SURE.windows : streak === 1 ? SURE.first : SURE.again;
    for (
      let wait = LEAST_WAIT_MS * 2 ** (streak - 1);
      refusedAt + wait < holdsUntil;
      wait = Math.min(wait * LOOK_AHEAD, wait + LOOK_AHEAD_MS)
    ) {
      const at = Math.max(now, refusedAt + wait);
      if (belief.chance(units, at) >= sure) return at;
    }
    return holdsUntil;
  };

  return {
    // Whatever a search hopes for: until an answer tells, a project is a new one, and an estimate says so.
    believed: () => (seeking ? { ...start, priceFactor: 1 } : learned),
    isSeeking: () => seeking,
    learned: () => (isKnown && isFree ? worthKeeping() : undefined),
    unitsPerReal: () => rate / learned.unitsPerMinute,
    unitsPerListed: () => rateOf(learned) / learned.unitsPerMinute,
    pace: paceOf,
    ceiling(now) {
      // A burst that a bucket let through need not be waited for; only what counts minutes would hold it against us.
      const mayFlow = refusedAt > 0 && belief.flows() > HARDLY_FLOWS;
      return seeking || mayFlow ? Infinity : Math.max(paceOf(now) * CEILING.pace, rate * CEILING.rate);
    },
    width: () => (seeking ? SEEKING_WIDTH.least + Math.floor(passedUnits / SEEKING_WIDTH.unitsForOneMore) : Infinity),
    ahead(units, now) {
      if (now - ahead.at > RECKON_MS) ahead = { ms: belief.burst(0.05) * 1_000, at: now };
      return Math.max(0, Math.min(AHEAD_MS, (ahead.ms - (units * MINUTE_MS) / rate) / 2));
    },
    opensAt,
    waitsUntil: (now) => (belief.flows() < HARDLY_FLOWS ? opensAt(LEAST_UNITS, now) : now),
    passed({ units, at, isNew }, now) {
      firstAt ??= at;
      passedUnits += units;
      cleanCalls += 1;
      if (at - batch.from > BATCH_MS) observe();
      const from = batch.units === 0 ? at : batch.from;
      batch = { units: batch.units + units, from, at: Math.max(at, batch.at) };
      // A cheap call may pass where there is no room for a dear one.
      if (isNew && units >= refusedUnits) streak = 0;
      if (now - reckonedAt < RECKON_MS) return false;
      observe();
      reckon(now);
      if (!seeking) {
        lookUp(now);
        prove(now);
      } else if (belief.atLeast(LEGACY_PROOF) > 0.99) {
        seeking = false;
        isKnown = true;
        belief.expect(expectedOf({ tier: "legacy", unitsPerMinute: UNITS_PER_MINUTE.legacy }));
        reckon(now);
      }
      const isNews = isKnown && !sameLearned(told, worthKeeping());
      if (isNews) told = worthKeeping();
      return isNews;
    },
    refused({ units, at, isNew, named: limit, windowEnd }, now) {
      firstAt ??= at;
      observe();
      if (limit !== undefined && explicit === undefined && limit !== named) {
        named = limit;
        belief.expect(
          setting === "auto" ? expectedOfNamed(limit) : expectedOf({ tier: setting, unitsPerMinute: limit }),
        );
      }
      if (isNew && now - refusedAt > FALLEN.heldMs && isProved(now)) belief.doubt(DOUBT, rate);
      belief.refused(units, at, isNew);
      if (windowEnd !== undefined) belief.windowEnds(windowEnd);
      if (isNew) {
        endTrials(now);
        refusedUnits = units;
      }
      refusedAt = now;
      holdsUntil = Math.min(windowEnd ?? Infinity, now + MINUTE_MS);
      seeking = false;
      isKnown = true;
      reckon(now);
    },
  };
}

function sameLearned(a: Learned | undefined, b: Learned): boolean {
  return a?.tier === b.tier && a.unitsPerMinute === b.unitsPerMinute && a.priceFactor === b.priceFactor;
}
