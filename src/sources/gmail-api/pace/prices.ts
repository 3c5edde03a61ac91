import {
  PRICES,
  READS,
  readOf,
  type Method,
  type PriceFactors,
  type Read,
  type ReadFormat,
} from "../../../core/quota.ts";
import { createSlidingMinute } from "../../../core/sliding-minute.ts";
import type { EpochMs } from "../../../core/time.ts";

/**
 * What may be expected of a price before anything is known: as listed, give or take. What is asked for in `full` was seen
 * to be charged two and a half times the list, by whichever method (gmail-api.md §6.4); nobody saw that of others.
 */
const EXPECTED: Readonly<Record<Read, Readonly<{ sd: number; fullSd: number }>>> = {
  "messages.get full": { sd: 0.06, fullSd: 0.8 },
  "threads.get full": { sd: 0.06, fullSd: 0.8 },
  "messages.get raw": { sd: 0.5, fullSd: 0 },
  "messages.attachments.get": { sd: 0.5, fullSd: 0 },
  "messages.get metadata": { sd: 0.5, fullSd: 0 },
  "messages.get minimal": { sd: 0.5, fullSd: 0 },
};

/** How far a price that an earlier export found is trusted. */
const REMEMBERED_SD = 0.15;

/** … and one number for all reads, or, as earlier versions kept it, for what is asked for in `full`. */
const ROUGHLY_SD = 0.25;

/** What was seen becomes less certain by so much a minute: prices change. */
const FORGET_PER_MINUTE = 0.002;

/** Less certain observations say nothing; none is more certain than this. */
const MOST_SPREAD = 0.2;
const LEAST_SPREAD = 0.01;

/** Two mixes of calls that differ by less are the same one: what is seen of it later takes the place of what was seen before. */
const SAME_MIX = 0.1;
const MOST_OBSERVATIONS = 6;

/** A price counts as known when its error is likely no more than this part of it. */
const KNOWN = 0.05;

/** A price that was remembered is kept as long as nothing says that it is off by more. */
const STILL = 0.1;

/**
 * What is planned and reckoned by changes only for so great a difference, and for a price that is known so well: a mix of
 * reads that is always the same does not tell which of them is dear, and no plan may flap.
 */
const NEWS = { part: 0.08, known: 0.1 } as const;

/** After that nothing is learned for so long: what is believed of the rate is still that of another mix of calls. */
const SETTLE_MS = 20_000;

/** Nearer to the list than this is the list's price. */
const CLOSE = 1.03;

/**
 * How many times dearer calls are than what they are reckoned at, and how far that may be off, as a part of it. That they
 * are dearer than was believed is taken only where it `mayBeDearer`: others may have spent what is missing.
 */
export type SeenPrice = Readonly<{ factor: number; spread: number; mayBeDearer: boolean }>;

/** How many times its list price a read is charged, and how far that may be off (a standard deviation). */
type Guess = Readonly<{ factor: number; sd: number }>;

/**
 * What is believed of prices, read by read. A server shows only what a mix of reads comes to; mixes that differ, one after
 * the other, tell the reads apart (linear regression on the expectation, as a Kalman filter reckons it).
 */
export type PriceBelief = Readonly<{
  /** What a read is reckoned at, in units of the 2026 list; right but for one factor that is common to all. */
  units(method: Method, format?: ReadFormat): number;
  /** How many times its list price it is believed to be charged. It changes seldom. */
  factor(read: Read): number;
  /** The best guess, and how far it may be off. */
  guess(read: Read): Guess;
  /** What was seen was held against a limit that is another: nothing of it is known any more. */
  startOver(): void;
  /** An earlier export found it out, of this read or of one that is asked for in `full` as well. */
  isRemembered(read: Read): boolean;
  passed(method: Method, format: ReadFormat | undefined, now: EpochMs): void;
  /** What the calls of the last minute came to, beside what they were reckoned at. True when those are reckoned differently from now on, one beside the other. */
  learn(seen: SeenPrice, now: EpochMs): boolean;
  /** The most that a read is reckoned at, for each listed unit. */
  dearest(): number;
  /** Units that reads of the last minute were reckoned at, for each listed one. */
  unitsPerListed(now: EpochMs): number;
  /** Those that are known, and one number for all while none is. */
  learned(): Readonly<{ priceFactor: number; prices: PriceFactors }>;
}>;

const FULL = READS.indexOf("messages.get full");

type Observation = Readonly<{ shares: readonly number[]; factor: number; spread: number; at: EpochMs }>;
type Estimates = { means: number[]; covariance: number[][] };

export function createPriceBelief(remembered: Remembered | undefined): PriceBelief {
  const minutes = READS.map(() => createSlidingMinute());
  const observations: Observation[] = [];
  let estimates = estimate(remembered, observations, 0);
  let held = READS.map((read, i) => rememberedFactor(remembered, read) ?? factorOf(estimates.means[i]!));
  let changedAt = -Infinity;
  let average = remembered?.priceFactor ?? 1; // of the last mix
  let weights = held;

  /** Parts of what was read within the last minute, at list price. */
  const mixAt = (now: EpochMs): number[] => {
    const used = minutes.map((minute) => Math.max(0, minute.used(now)));
    const total = used.reduce((sum, units) => sum + units, 0);
    return used.map((units) => (total > 0 ? units / total : 0));
  };
  const averageOf = (mix: readonly number[], factors: readonly number[]): number =>
    mix.reduce((sum, part, i) => sum + part * factors[i]!, 0) || 1;

  const guessAt = (i: number): Guess => ({
    factor: factorOf(estimates.means[i]!),
    sd: Math.sqrt(estimates.covariance[i]![i]!),
  });

  /** The prices that are known by now, in place of those that were reckoned with. */
  const heldNow = (): number[] =>
    held.map((before, i) => {
      const { factor, sd } = guessAt(i);
      return sd < NEWS.known * factor ? factor : before;
    });

  return {
    units(method, format) {
      const read = readOf(method, format);
      return PRICES["2026"][method] * (read === undefined ? 1 : weights[READS.indexOf(read)]!);
    },
    factor: (read) => held[READS.indexOf(read)]!,
    guess: (read) => guessAt(READS.indexOf(read)),
    isRemembered: (read) =>
      READS.some(
        (one) =>
          remembered?.prices?.[one] !== undefined &&
          (one === read || (EXPECTED[one].fullSd > 0 && EXPECTED[read].fullSd > 0)),
      ),
    startOver() {
      observations.length = 0;
      estimates = estimate(remembered, observations, 0);
    },
    passed(method, format, now) {
      const read = readOf(method, format);
      if (read !== undefined) minutes[READS.indexOf(read)]!.add(PRICES["2026"][method], now);
    },
    learn({ factor, spread, mayBeDearer }, now) {
      const mix = mixAt(now);
      if (now - changedAt < SETTLE_MS || spread > MOST_SPREAD || mix.every((part) => part === 0)) return false;
      const reckoned = averageOf(mix, weights);
      if (!mayBeDearer && factor * reckoned > averageOf(mix, held)) return false;
      const observed = {
        shares: mix,
        factor: factor * reckoned,
        spread: Math.max(LEAST_SPREAD, spread),
        at: now,
      };
      const same = observations.findIndex(({ shares }) =>
        shares.every((part, i) => Math.abs(part - mix[i]!) < SAME_MIX),
      );
      if (same >= 0) observations.splice(same, 1);
      observations.push(observed);
      if (observations.length > MOST_OBSERVATIONS) observations.shift();
      estimates = estimate(remembered, observations, now);
      average = observed.factor;
      const next = heldNow();
      if (next.every((one, i) => Math.abs(one - held[i]!) <= NEWS.part * held[i]!)) return false;
      held = next;
      changedAt = now;
      // What is common to all stays in the rate that is believed, so that this goes on from where it is.
      const scale = reckoned / averageOf(mix, held);
      const before = weights;
      weights = held.map((one) => one * scale);
      return mix.some((part, i) => part > SAME_MIX && Math.abs(weights[i]! / before[i]! - 1) > NEWS.part);
    },
    dearest: () => Math.max(...weights),
    unitsPerListed(now) {
      const mix = mixAt(now);
      return mix.some((part) => part > 0) ? averageOf(mix, weights) : weights[FULL]!; // what most read
    },
    learned() {
      const prices: Partial<Record<Read, number>> = {};
      for (const [i, read] of READS.entries()) {
        const { factor, sd } = guessAt(i);
        const before = remembered?.prices?.[read];
        if (sd < KNOWN * factor) prices[read] = round(factor);
        else if (before !== undefined && Math.abs(factor / before - 1) < STILL) prices[read] = before;
      }
      const full = prices["messages.get full"] ?? prices["threads.get full"];
      const others = Object.keys(prices).length > 0 ? guessAt(FULL).factor : average;
      return { priceFactor: full ?? round(Math.max(1, others)), prices };
    },
  };
}

type Remembered = Readonly<{ priceFactor: number; prices?: PriceFactors | undefined }>;

/** The one number stands for what is asked for in `full`, and for all reads where it was found out of a mix that told none of them apart. */
function rememberedFactor(remembered: Remembered | undefined, read: Read): number | undefined {
  if (remembered === undefined) return undefined;
  const { priceFactor, prices } = remembered;
  const isOfAll = prices !== undefined && Object.keys(prices).length === 0;
  return prices?.[read] ?? (isOfAll || EXPECTED[read].fullSd > 0 ? priceFactor : undefined);
}

function estimate(remembered: Remembered | undefined, observations: readonly Observation[], now: EpochMs): Estimates {
  const estimates: Estimates = {
    means: READS.map(() => 1),
    covariance: READS.map((a) =>
      READS.map((b) => EXPECTED[a].fullSd * EXPECTED[b].fullSd + (a === b ? EXPECTED[a].sd ** 2 : 0)),
    ),
  };
  for (const [i, read] of READS.entries()) {
    const factor = rememberedFactor(remembered, read);
    if (factor === undefined) continue;
    const sd = remembered?.prices?.[read] === undefined ? ROUGHLY_SD : REMEMBERED_SD;
    observe(estimates, { shares: READS.map((_, j) => (i === j ? 1 : 0)), factor, sd: sd * factor });
  }
  for (const { shares, factor, spread, at } of observations) {
    const faded = spread + (FORGET_PER_MINUTE * Math.max(0, now - at)) / 60_000;
    observe(estimates, { shares, factor, sd: faded * factor });
  }
  return estimates;
}

/** One step of a Kalman filter: these shares of each together were seen to be this. */
function observe(
  { means, covariance }: Estimates,
  { shares, factor, sd }: Readonly<{ shares: readonly number[]; factor: number; sd: number }>,
): void {
  const along = covariance.map((row) => row.reduce((sum, one, j) => sum + one * shares[j]!, 0));
  const variance = along.reduce((sum, one, i) => sum + one * shares[i]!, sd ** 2);
  const off = factor - means.reduce((sum, mean, i) => sum + mean * shares[i]!, 0);
  for (const [i, row] of covariance.entries()) {
    means[i] = means[i]! + (along[i]! / variance) * off;
    for (let j = 0; j < row.length; j += 1) row[j] = row[j]! - (along[i]! * along[j]!) / variance;
  }
}

/** No price was ever seen below the list's. */
function factorOf(mean: number): number {
  return mean < CLOSE ? 1 : mean;
}

const round = (factor: number): number => Math.round(factor * 1_000) / 1_000;
