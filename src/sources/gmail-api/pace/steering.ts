import { UNITS_PER_MINUTE } from "../../../core/quota.ts";
import type { EpochMs } from "../../../core/time.ts";
import { createAfterRefusal, HARDLY_FLOWS } from "./after-refusal.ts";
import { createBelief } from "./belief.ts";
import {
  expectedAtStart,
  expectedOf,
  expectedOfNamed,
  explain,
  rateOf,
  startOf,
  type KnownAtStart,
  type Limit,
} from "./expected.ts";
import { paceOfFirstSearch, widthOfFirstSearch } from "./first-search.ts";
import { createLookUp } from "./look-up.ts";
import type { Seen } from "./measured.ts";
import type { SeenPrice } from "./prices.ts";
import { createProof } from "./proof.ts";
import { createRefinement } from "./refine.ts";
import { createRefusalBudget } from "./refusal-budget.ts";

const MINUTE_MS = 60_000;

/** Part of a believed rate that is used: calls reach Google less evenly than they were sent. More once a minute was clean, less when the hour's refusals are spent. */
const USABLE = { clean: 0.995, refused: 0.99, spent: 0.95 } as const;

/** The most within a sliding minute, beside the pace and beside the believed rate: an even pace is not held up by it. */
const CEILING = { pace: 1.003, rate: 0.998 } as const;

/**
 * What a refusal costs, as a part of what can be had in a minute of so many calls: one of many calls is cheap. Less at first,
 * when it teaches most, more after each; half as much after every two quiet minutes, so that a pace which is too low rises;
 * and most when the hour's refusals are spent.
 */
const REFUSAL_COST = { first: 30, more: 15, later: 50, least: 8, spent: 200 } as const;
const COST_MOST = 0.3;
const BOLD = 1.02;

/** How many units a call comes to is taken from about so many calls. */
const CALLS_REMEMBERED = 50;

/** When the belief is sure that more than this is borne, the legacy tier is proved: no 2026 limit comes to it. */
const LEGACY_PROOF = 13_000;

/** A limit in no list is looked for where a list's rate is nearly come to, and so much of the belief lies above. */
const UNLISTED = { from: 0.97 * UNITS_PER_MINUTE["2026"], above: 1.05, chance: 0.02 } as const;

/** A refusal after so long is news of a server that has changed: so much of the belief goes back to what was expected. */
const HELD_MS = 120_000;
const AGAIN_MS = 20_000;
const DOUBT = 0.2;

/** … and so much when prices were found out, so that plans change. */
const REPRICED = 0.2;

/** Refused twice within a minute: a little slower for a while, or each refusal could be put down to the one before. */
const SLACK = { withinMs: 60_000, forMs: 5_000, part: 0.92 } as const;

/** Calls are not run further ahead of an even spacing than this, whatever a server would bear. */
const AHEAD_MS = 500;

/** Many calls of one moment are one observation: fewer sums, the same belief. */
const BATCH_MS = 100;
const RECKON_MS = 1_000;
const MOST_RATE = 60_000;

/** What came of a call; `isNew` when it was sent after the last refusal was heard. */
type Outcome = Seen & Readonly<{ isNew: boolean }>;
type Refused = Outcome & Readonly<{ named: number | undefined; windowEnd: EpochMs | undefined }>;

/** What is done: at what pace calls go, how many at once, and how long all of them wait after a refusal. */
export type Steering = Readonly<{
  /** Whose limit, and how much, by all that is known now. */
  believed(): Limit;
  /** Whether a higher limit is still looked for. */
  isSeeking(): boolean;
  /** The same when it was found out and is worth keeping. */
  learned(): Limit | undefined;
  /** Other calls will go from now on, reckoned by prices that were just found out: what they come to may be more or less. */
  repriced(now: EpochMs): void;
  /** Whether the limit is known: it was set, was found out by an earlier export, or by this one. */
  isLimitKnown(): boolean;
  /** Whether the pace was set by who runs the program, and so what calls are charged beside it. */
  isPriceGiven(): boolean;
  /** The rate below which lies this part of what is believed. */
  quantile(part: number): number;
  /** What calls are charged for each unit that they are reckoned at, once that was found out. */
  price(): SeenPrice | undefined;
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
  /** A call got through. True when what is believed was reckoned anew, about once a second. */
  passed(outcome: Outcome, now: EpochMs): boolean;
  refused(refusal: Refused, now: EpochMs): void;
}>;

/** `unitsPerListed` is what calls of now are reckoned at for each unit of the 2026 list. */
export function createSteering(
  options: KnownAtStart,
  begun: EpochMs,
  unitsPerListed: (now: EpochMs) => number = () => 1,
): Steering {
  const { tier: setting, unitsPerMinute: explicit, remembered, dearest = 1, knownSince = -Infinity } = options;
  const start = startOf(options);
  const isFree = setting === "auto" && explicit === undefined;
  const belief = createBelief(expectedAtStart(options, start), begun, options.firstCallAt);
  const afterRefusal = createAfterRefusal(belief);
  const refinement = createRefinement(belief);
  const lookUp = createLookUp(dearest > 1);
  let proof = createProof(begun);
  const budget = createRefusalBudget();

  let seeking = isFree && remembered === undefined;
  let named = explicit ?? (isFree ? remembered?.unitsPerMinute : undefined);
  let limit: Limit = start;
  let isKnown = remembered !== undefined;
  let isPriced = false; // a refusal came of what is known to have been spent

  let unitsOfCall = 30;
  let rate = belief.bestRate(0.2);
  let reckonedAt = begun;
  let batch = { units: 0, from: begun, at: begun };
  let passedUnits = 0;
  let firstAt: EpochMs | undefined;
  let ahead = { ms: 0, at: -Infinity };

  let refusedAt: EpochMs = -Infinity;
  let refusedAgainAt: EpochMs = -Infinity; // soon after the refusal before
  let suspectedAt: EpochMs = -Infinity; // a refusal after some quiet, at a pace a little above what was borne
  let refusals = 0; // those of calls that were under way together count once

  const observe = (): void => {
    if (batch.units > 0) belief.passed(batch.units, batch.at);
    batch = { ...batch, units: 0 };
  };

  /** The best rate when a refusal costs so much in a minute of one call. */
  const bestRate = (cost: number): number =>
    belief.bestRate(Math.min(COST_MOST, (cost * unitsOfCall) / belief.quantile(0.5)));

  /** After quiet minutes a little more is tried, as far as it is believed; what is far above is looked for step by step. */
  const boldRate = (sober: number, now: EpochMs): number => {
    const quietMinutes = refusedAt === -Infinity ? 0 : Math.max(0, (now - refusedAt) / MINUTE_MS - 1);
    const cost = Math.max(REFUSAL_COST.least, REFUSAL_COST.later * 0.5 ** (quietMinutes / 2));
    return Math.min(bestRate(cost), Math.max(sober, proof.rate()) * BOLD);
  };

  const reckon = (now: EpochMs): void => {
    reckonedAt = now;
    const usedMs = now - (firstAt ?? now);
    if (budget.isSpent(now)) {
      rate = bestRate(REFUSAL_COST.spent);
      refinement.callOff();
    } else {
      const cost = usedMs < MINUTE_MS ? REFUSAL_COST.first + refusals * REFUSAL_COST.more : REFUSAL_COST.later;
      const sober = bestRate(Math.min(cost, REFUSAL_COST.later));
      rate = Math.max(sober, boldRate(sober, now));
      const mayRefine = refusedAt > 0 && isKnown && !seeking;
      if (mayRefine) rate = Math.max(rate, refinement.choose(now - refusedAt, usedMs) ?? 0);
    }
    const listed = Math.max(rate, proof.rate()) / unitsPerListed(now);
    limit = explain(listed, named, explicit === undefined ? setting : start.tier);
  };

  const paceOf = (now: EpochMs): number => {
    if (seeking) return paceOfFirstSearch(passedUnits) * USABLE.clean;
    if (now - refusedAgainAt < SLACK.forMs) return rate * SLACK.part;
    if (budget.isSpent(now)) return rate * USABLE.spent;
    const usable = now - refusedAt > MINUTE_MS ? USABLE.clean : USABLE.refused;
    return Math.max(proof.rate(), refinement.isOn() ? rate : 0, (lookUp.rate() ?? rate) * usable);
  };

  const look = (now: EpochMs): void => {
    if (budget.isSpent(now)) return lookUp.callOff();
    const most = named === undefined ? MOST_RATE : rateOf(limit) * unitsPerListed(now); // no limit was named: there may be any
    const isUnlisted =
      named === undefined && rate > UNLISTED.from && belief.atLeast(rate * UNLISTED.above) > UNLISTED.chance;
    lookUp.step({ rate, most, isUnlisted }, now - refusedAt, now);
  };

  /** Whether a refusal says that the server is another: after minutes at a pace that was borne, or the second at once after minutes. */
  const hasChanged = (now: EpochMs): boolean => {
    const quietMs = now - Math.max(refusedAt, firstAt ?? now);
    const isHeld = quietMs > HELD_MS && proof.covers(paceOf(now));
    const isSecond = now - suspectedAt < AGAIN_MS;
    const isOld = now - (firstAt ?? now) > HELD_MS;
    suspectedAt = isOld && !isHeld && quietMs > AGAIN_MS ? now : -Infinity;
    const isChange = isHeld || isSecond;
    return isChange;
  };

  /** Everything that was being tried out ends with a refusal. */
  const endTrials = (now: EpochMs): void => {
    const heldMs = now - Math.max(refusedAt, firstAt ?? now);
    const mayBeForeign = now - MINUTE_MS < knownSince;
    const fellFrom = heldMs > HELD_MS && proof.covers(paceOf(now)) ? rate : undefined;
    lookUp.refused({ fellFrom, mayBeForeign });
    proof.refused(now - refusedAt <= MINUTE_MS, passedUnits, now);
    refinement.refused();
    budget.refused(now);
    refusals += 1;
    if (now - refusedAt < SLACK.withinMs) refusedAgainAt = now;
    if (!mayBeForeign) isPriced = true;
  };

  return {
    // Whatever a search hopes for: until an answer tells, a project is a new one, and an estimate says so.
    believed: () => (seeking ? start : limit),
    isSeeking: () => seeking,
    learned: () => (isKnown && isFree ? limit : undefined),
    repriced(now) {
      observe();
      belief.doubt(REPRICED, Infinity, now);
      proof = createProof(now);
      isPriced = false;
      lookUp.repriced();
      reckon(now);
    },
    isLimitKnown: () => !isFree || (isKnown && !seeking),
    isPriceGiven: () => explicit !== undefined,
    quantile: belief.quantile,
    price() {
      if (!isKnown || seeking) return undefined;
      const spread = Math.log(belief.quantile(0.84) / belief.quantile(0.16)) / 2;
      return { factor: rateOf(limit) / belief.quantile(0.5), spread, mayBeDearer: isPriced };
    },
    unitsPerReal: () => (seeking ? 1 : rate / limit.unitsPerMinute), // the pace of a search says nothing of prices
    unitsPerListed: () => (seeking ? 1 : rateOf(limit) / limit.unitsPerMinute),
    pace: paceOf,
    ceiling(now) {
      // A burst that a bucket let through need not be waited for; only what counts minutes would hold it against us.
      const mayFlow = refusedAt > 0 && belief.flows() > HARDLY_FLOWS;
      return seeking || mayFlow ? Infinity : Math.max(paceOf(now) * CEILING.pace, rate * CEILING.rate);
    },
    width: () => (seeking ? widthOfFirstSearch(passedUnits) : Infinity),
    ahead(units, now) {
      if (now - ahead.at > RECKON_MS) ahead = { ms: belief.burst(0.05) * 1_000, at: now };
      return Math.max(0, Math.min(AHEAD_MS, (ahead.ms - (units * MINUTE_MS) / rate) / 2));
    },
    opensAt: afterRefusal.opensAt,
    waitsUntil: afterRefusal.waitsUntil,
    passed({ units, at, isNew }, now) {
      firstAt ??= at;
      passedUnits += units;
      unitsOfCall += (units - unitsOfCall) / CALLS_REMEMBERED;
      lookUp.passed();
      if (at - batch.from > BATCH_MS) observe();
      const from = batch.units === 0 ? at : batch.from;
      batch = { units: batch.units + units, from, at: Math.max(at, batch.at) };
      if (isNew) afterRefusal.passed(units);
      if (now - reckonedAt < RECKON_MS) return false;
      observe();
      reckon(now);
      if (!seeking) {
        look(now);
        proof.watch(paceOf(now), passedUnits, now);
      } else if (belief.atLeast(LEGACY_PROOF) > 0.99) {
        seeking = false;
        isKnown = true;
        belief.expect(expectedOf({ tier: "legacy", unitsPerMinute: UNITS_PER_MINUTE.legacy }));
        reckon(now);
      }
      return true;
    },
    refused({ units, at, isNew, named: told, windowEnd }, now) {
      firstAt ??= at;
      observe();
      if (told !== undefined && explicit === undefined && told !== named) {
        named = told;
        belief.expect(setting === "auto" ? expectedOfNamed(told) : expectedOf({ tier: setting, unitsPerMinute: told }));
      }
      if (isNew && hasChanged(now)) belief.doubt(DOUBT, rate, at);
      belief.refused(units, at, isNew);
      // Calls that were under way together name the same window: that is one observation.
      if (isNew && windowEnd !== undefined && windowEnd > now) belief.windowEnds(windowEnd, at);
      if (isNew) endTrials(now);
      afterRefusal.refused(units, isNew, windowEnd, now);
      refusedAt = now;
      seeking = false;
      isKnown = true;
      reckon(now);
    },
  };
}
