import type { EpochMs } from "../../../core/time.ts";
import { createSlidingMinute } from "../../../core/sliding-minute.ts";

const MINUTE_MS = 60_000;

/** How many seconds of units a bucket may hold; Google says of none of this which it is (docs/pacing.md). */
const BURST_SECONDS = [1, 2, 3.5, 5, 7, 10, 14, 20, 30, 45, 60] as const;

/** Where a whole minute may have begun, reckoned from the first call. */
const PHASE_MS = 5_000;

/** How much a bucket holds is a guess, off by so much; how much is left after a refusal is known. */
const BURST_DOUBT = 0.08;

/** A bucket holds at least the dearest call at list price, or that call would never get through. */
const LEAST_BURST = 52;

/**
 * A manner of counting a minute, played for many rates at once: place i of every array belongs to `rates[i]` units a
 * minute. A meter that is proven wrong by a call is set right by it, so that one which was nearly right goes on from what
 * is known.
 */
export type MeterKind = Readonly<{
  /** Whether units come back bit by bit, so that waiting a second helps. */
  flows: boolean;
  /** Seconds of units that it lets through at once when nothing was asked for before. */
  burst: number;
  /** Same meters for other rates; `from[i]` is the old place of the new rate i. */
  resample(rates: Float64Array, from: Int32Array): void;
  /** Writes what each would still let through then. */
  readLeft(now: EpochMs, left: Float64Array): void;
  /** The most that each ever lets through at once. */
  mosts(): Float64Array;
  /** Units by which what is left may be wrong, since each stands for others like it; undefined once it cannot. */
  doubts(): Float64Array | undefined;
  passed(units: number, now: EpochMs): void;
  refused(units: number, now: EpochMs): void;
  /** How well it agrees that a window ends at this moment, from 0 to 1. */
  endsAt(end: EpochMs): number;
}>;

/** A rate stands for those around it: half of the way to the nearer one. */
function stepsOf(rates: Float64Array): Float64Array {
  return rates.map((rate, i) => {
    const above = (rates[i + 1] ?? Infinity) - rate;
    const below = rate - (rates[i - 1] ?? -Infinity);
    return Math.min(above, below) / 2;
  });
}

/** Every manner that is thought of, and how likely each is before anything is known; the weights add up to 1. */
export function meterKinds(rates: Float64Array, begun: EpochMs): { kinds: MeterKind[]; weights: number[] } {
  const phases = Array.from({ length: MINUTE_MS / PHASE_MS }, (_, phase) => phase * PHASE_MS);
  const kinds: MeterKind[] = [];
  const weights: number[] = [];
  for (const seconds of BURST_SECONDS)
    for (const charged of [false, true]) {
      kinds.push(bucket(rates, seconds, charged, begun));
      weights.push(0.5 / (2 * BURST_SECONDS.length));
    }
  for (const charged of [false, true]) {
    kinds.push(lastMinute(rates, charged));
    weights.push(charged ? 0.03 : 0.17);
  }
  for (const phase of phases) {
    kinds.push(wholeMinutes(rates, begun - phase));
    weights.push(phase === 0 ? 0.1 : 0.2 / (phases.length - 1));
  }
  return { kinds, weights };
}

/** Units by which what is left may be more or less than reckoned: part of a call, and 60 ms of what flows in. */
export const toleranceOf = (units: number, rate: number): number => 0.25 * Math.min(units, 80) + rate / 1_000;

/** Units flow in evenly and are kept up to so many seconds of them; full at first. */
function bucket(start: Float64Array, seconds: number, charged: boolean, begun: EpochMs): MeterKind {
  let rates = start;
  const sizesOf = (some: Float64Array): Float64Array =>
    some.map((rate) => Math.max(LEAST_BURST, (rate * seconds) / 60));
  let sizes = sizesOf(rates);
  let levels = sizes.slice();
  let at = begun;
  let doubts: Float64Array | undefined = sizes.map((size) => size * BURST_DOUBT);
  const readLeft = (now: EpochMs, left: Float64Array): void => {
    const minutes = Math.max(0, now - at) / MINUTE_MS;
    for (let i = 0; i < levels.length; i += 1) left[i] = Math.min(sizes[i]!, levels[i]! + minutes * rates[i]!);
  };
  const flow = (now: EpochMs): void => {
    readLeft(now, levels);
    at = Math.max(at, now);
  };
  return {
    flows: true,
    burst: seconds,
    resample(next, from) {
      const shares = Float64Array.from(from, (old) => levels[old]! / sizes[old]!);
      rates = next;
      sizes = sizesOf(rates);
      levels = shares.map((share, i) => share * sizes[i]!);
      doubts &&= sizes.map((size) => size * BURST_DOUBT);
    },
    readLeft,
    mosts: () => sizes,
    doubts: () => doubts,
    passed(units, now) {
      flow(now);
      for (let i = 0; i < levels.length; i += 1)
        levels[i] = Math.max(-toleranceOf(units, rates[i]!), levels[i]! - units);
    },
    refused(units, now) {
      flow(now);
      const most = charged ? 0 : units;
      for (let i = 0; i < levels.length; i += 1) levels[i] = Math.max(0, Math.min(levels[i]!, most));
      doubts = undefined;
    },
    endsAt: () => 0.5,
  };
}

/** Exactly the last sixty seconds. */
function lastMinute(start: Float64Array, charged: boolean): MeterKind {
  let rates = start;
  let doubts = stepsOf(rates);
  const spent = createSlidingMinute();
  return {
    flows: false,
    burst: 60,
    resample(next) {
      rates = next;
      doubts = stepsOf(rates);
    },
    readLeft(now, left) {
      const used = spent.used(now);
      for (let i = 0; i < rates.length; i += 1) left[i] = rates[i]! - used;
    },
    mosts: () => rates,
    doubts: () => doubts,
    passed: (units, now) => spent.add(units, now),
    refused: (units, now) => void (charged && spent.add(units, now)),
    endsAt: () => 0.2,
  };
}

/** Whole minutes, one of which began at `begun`. */
function wholeMinutes(start: Float64Array, begun: EpochMs): MeterKind {
  let rates = start;
  let doubts = stepsOf(rates);
  let window = begun;
  let used = 0;
  const isOver = (now: EpochMs): boolean => now >= window + MINUTE_MS;
  const roll = (now: EpochMs): void => {
    if (!isOver(now)) return;
    window += Math.floor((now - window) / MINUTE_MS) * MINUTE_MS;
    used = 0;
  };
  return {
    flows: false,
    burst: 60,
    resample(next) {
      rates = next;
      doubts = stepsOf(rates);
    },
    readLeft(now, left) {
      const spent = isOver(now) ? 0 : used;
      for (let i = 0; i < rates.length; i += 1) left[i] = rates[i]! - spent;
    },
    mosts: () => rates,
    doubts: () => doubts,
    passed(units, now) {
      roll(now);
      used += units;
    },
    refused: (_, now) => roll(now),
    endsAt(end) {
      const off = (((end - window) % MINUTE_MS) + MINUTE_MS) % MINUTE_MS;
      return Math.min(off, MINUTE_MS - off) <= PHASE_MS / 2 + 1_000 ? 1 : 0.02;
    },
  };
}
