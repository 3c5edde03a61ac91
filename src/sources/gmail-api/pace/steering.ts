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

const MINUTE_MS = 60_000;

/** Part of a believed rate that is used: calls reach Google less evenly than they were sent. More once a minute was clean. */
const USABLE = { clean: 0.993, refused: 0.987 } as const;

/** The most within a sliding minute beside the pace, so that an even pace is not held up by it. */
const CEILING = 1.006;

/** What a refusal costs, as a part of what can be had: less in the first minute, when it teaches most. */
const REFUSAL_COST = { first: 0.2, later: 0.5 } as const;

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
const SURE = { first: 0.3, again: 0.5, windows: 0.85 } as const;
const HARDLY_FLOWS = 0.15;

/** Each refusal after another doubles the least wait, and the looks ahead are so far apart. */
const LEAST_WAIT_MS = 200;
const LOOK_AHEAD = 1.15;

/**
 * A rate that is known less well than this is tried from the upper half of what is possible, in quiet times early on:
 * one refusal long after the one before tells it to a percent.
 */
const REFINE = { spread: 1.025, from: 0.7, quietMs: 20_000, earlyMs: 180_000, refusals: 2 } as const;

/** A pace kept up for so long without a refusal is borne. When one comes after all, it was a little too fast. */
const PROVING_MS = 62_000;
const PROVED_AND_REFUSED = 0.985;

/** A lower price is looked for after so many calls without refusal, twice as many after each time that it was not there. */
const LOOK_UP_AFTER = 500;
const LOOK_UP_AFTER_MOST = 8_000;
/** … and soon where a refusal may have come of what another process spent before this one began. */
const LOOK_UP_SOON = 60;
const LOOK_UP_STEP_MS = 10_000;
const LOOK_UP_STEP = 1.03;
const LOOK_UP_STEP_MOST = 1.5;

/**
 * After a refusal that named no limit, and where more is possible still, a higher rate is looked for after so much quiet and
 * in quick steps: one refusal more tells whether the limit is in a list or is another. Twice at the most.
 */
const SEARCH = { quietMs: 6_000, untilMs: 60_000, stepMs: 3_000, chance: 0.02, times: 2 } as const;

/** Refused twice within seconds: a little slower for a while, or each refusal could be put down to the one before. */
const SLACK = { withinMs: 5_000, forMs: 4_000, part: 0.92 } as const;

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
  let batch = { units: 0, at: begun };
  let passedUnits = 0;
  let firstAt: EpochMs | undefined;

  let refusedAt = -Infinity;
  let cleanCalls = 0;
  let streak = 0; // refusals one after the other
  let holdsUntil = -Infinity; // the longest that the last refusal makes all wait

  let refining = false;
  let refined = 0;
  let proved = 0;
  let steady = { pace: Infinity, since: begun, passed: 0 };
  let reach: { rate: number; step: number; at: EpochMs } | undefined;
  let searched = 0;
  let refusedAgainAt = -Infinity; // soon after the refusal before
  let lookUpAfter = LOOK_UP_AFTER;
  let ahead = { ms: 0, at: -Infinity };

  const observe = (): void => {
    if (batch.units > 0) belief.passed(batch.units, batch.at);
    batch = { units: 0, at: batch.at };
  };

  const mayRefine = (now: EpochMs): boolean => {
    const isEarly = now - (firstAt ?? now) < REFINE.earlyMs && refined < REFINE.refusals;
    return isKnown && !seeking && now - refusedAt > REFINE.quietMs && (isEarly || cleanCalls >= lookUpAfter);
  };

  const reckon = (now: EpochMs): void => {
    reckonedAt = now;
    const isFirst = now - (firstAt ?? now) < MINUTE_MS;
    rate = belief.bestRate(isFirst ? REFUSAL_COST.first : REFUSAL_COST.later);
    refining = refusedAt > 0 && mayRefine(now) && belief.quantile(0.9) / belief.quantile(0.1) > REFINE.spread;
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
    const usable = now - refusedAt > MINUTE_MS ? USABLE.clean : USABLE.refused;
    return Math.max(proved, refining ? rate : 0, (reach?.rate ?? rate) * usable);
  };

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
    if (rate >= most * 0.995) return void (reach = undefined);
    const isSearch = maySearch(now);
    if (reach === undefined) {
      if (cleanCalls >= lookUpAfter || (isSearch && now - refusedAt > SEARCH.quietMs))
        reach = { rate: rate * LOOK_UP_STEP, step: LOOK_UP_STEP, at: now };
    } else if (now - reach.at >= (isSearch ? SEARCH.stepMs : LOOK_UP_STEP_MS)) {
      const step = Math.min(LOOK_UP_STEP_MOST, reach.step ** 2);
      reach = { rate: Math.min(most, reach.rate * step), step, at: now };
    }
  };

  /** Everything that was being tried out ends with a refusal. */
  const endTrials = (now: EpochMs): void => {
    proved = now - refusedAt > MINUTE_MS ? proved * PROVED_AND_REFUSED : 0;
    steady = { pace: Infinity, since: now, passed: passedUnits };
    streak += 1;
    if (now - refusedAt < SLACK.withinMs) refusedAgainAt = now;
    if (refining) refined += 1;
    if (reach) {
      searched += 1;
      lookUpAfter = Math.max(LOOK_UP_AFTER, Math.min(LOOK_UP_AFTER_MOST, lookUpAfter * 2));
    }
    if (now - MINUTE_MS < knownSince) lookUpAfter = LOOK_UP_SOON;
    else isPriced = true;
    reach = undefined;
    cleanCalls = 0;
  };

  const opensAt = (units: number, now: EpochMs): EpochMs => {
    if (streak === 0 || now >= holdsUntil) return now;
    const sure = belief.flows() < HARDLY_FLOWS ? SURE.windows : streak === 1 ? SURE.first : SURE.again;
    for (let wait = LEAST_WAIT_MS * 2 ** (streak - 1); refusedAt + wait < holdsUntil; wait *= LOOK_AHEAD) {
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
    ceiling: (now) => (seeking ? Infinity : paceOf(now) * CEILING),
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
      if (at - batch.at > BATCH_MS) observe();
      batch = { units: batch.units + units, at: Math.max(at, batch.at) };
      if (isNew) streak = 0;
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
      belief.refused(units, at, isNew);
      if (windowEnd !== undefined) belief.windowEnds(windowEnd);
      if (isNew) endTrials(now);
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
