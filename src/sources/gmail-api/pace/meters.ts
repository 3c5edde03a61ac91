import type { EpochMs } from "../../../core/time.ts";
import { createSlidingMinute } from "../../../core/sliding-minute.ts";

const MINUTE_MS = 60_000;

/** How many seconds of units a bucket may hold; Google says of none of this which it is (docs/pacing.md). */
const BURST_SECONDS = [1, 2, 3.5, 5, 7, 10, 14, 20, 30, 45, 60] as const;

/** Where a whole minute may have begun, reckoned from the first call. */
const PHASE_MS = 5_000;

/** A bucket holds at least the dearest call at list price, or that call would never get through. */
const LEAST_BURST = 40;

/**
 * A manner of counting a minute, played for many rates at once: `rates[i]` is units a minute, `left(i, …)` what that meter
 * would still let through at a moment. A meter that is proven wrong by a call is set right by it, so that one which was
 * nearly right goes on from what is known.
 */
export type MeterKind = Readonly<{
  /** Whether units come back bit by bit, so that waiting a second helps. */
  flows: boolean;
  /** Seconds of units that it lets through at once when nothing was asked for before. */
  burst: number;
  /** Same meters for other rates; `from[i]` is the old place of the new rate i. */
  resample(rates: Float64Array, from: Int32Array): void;
  left(i: number, now: EpochMs): number;
  /** Units by which that may be wrong since this meter stands for others like it. */
  doubt(i: number): number;
  passed(units: number, now: EpochMs): void;
  refused(units: number, now: EpochMs): void;
  /** How well it agrees that a window ends at this moment, from 0 to 1. */
  endsAt(end: EpochMs): number;
}>;

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

/** Units flow in evenly and are kept up to so many seconds of them; full at first. */
function bucket(start: Float64Array, seconds: number, charged: boolean, begun: EpochMs): MeterKind {
  let rates = start;
  const sizeOf = (i: number): number => Math.max(LEAST_BURST, (rates[i]! * seconds) / 60);
  let levels = Float64Array.from(rates, (_, i) => sizeOf(i));
  let at = begun;
  let wasFull = true; // how much a bucket holds is a guess; how much is left after a refusal is known
  const left = (i: number, now: EpochMs): number =>
    Math.min(sizeOf(i), levels[i]! + (Math.max(0, now - at) * rates[i]!) / MINUTE_MS);
  const change = (now: EpochMs, next: (level: number) => number): void => {
    for (let i = 0; i < levels.length; i += 1) levels[i] = next(left(i, now));
    at = Math.max(at, now);
  };
  return {
    flows: true,
    burst: seconds,
    resample(next, from) {
      levels = Float64Array.from(from, (old) => levels[old]! / sizeOf(old));
      rates = next;
      levels = levels.map((share, i) => share * sizeOf(i));
    },
    left,
    passed: (units, now) => change(now, (level) => Math.max(0, level - units)),
    doubt: (i) => (wasFull ? 0.08 * sizeOf(i) : 0),
    refused(units, now) {
      change(now, (level) => (charged ? 0 : Math.min(level, units)));
      wasFull = false;
    },
    endsAt: () => 0.5,
  };
}

/** Exactly the last sixty seconds. */
function lastMinute(start: Float64Array, charged: boolean): MeterKind {
  let rates = start;
  const spent = createSlidingMinute();
  return {
    flows: false,
    burst: 60,
    resample: (next) => void (rates = next),
    left: (i, now) => rates[i]! - spent.used(now),
    doubt: () => 0,
    passed: (units, now) => spent.add(units, now),
    refused: (units, now) => void (charged && spent.add(units, now)),
    endsAt: () => 0.2,
  };
}

/** Whole minutes, one of which began at `begun`. */
function wholeMinutes(start: Float64Array, begun: EpochMs): MeterKind {
  let rates = start;
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
    resample: (next) => void (rates = next),
    left: (i, now) => rates[i]! - (isOver(now) ? 0 : used),
    doubt: () => 0,
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
