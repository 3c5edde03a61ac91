import type { EpochMs } from "../../../core/time.ts";
import { valuesAt } from "./rate-grid.ts";

const MINUTE_MS = 60_000;

/** How many seconds of units a bucket may hold; Google says of none of this which it is (docs/pacing.md). */
const BURST_SECONDS = [1, 2, 3.5, 5, 7, 10, 14, 20, 30, 45, 60] as const;

/** Windows and last seconds may be shorter than a minute, each with as much of a minute's units. */
const SHORT_SECONDS = [10, 20, 30] as const;

/** Where a window may have begun, reckoned from the first call: at so many moments of a minute, and of a shorter one. */
const PHASES = { minute: 12, short: 4 } as const;

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
  /** The same meter as it stands, for other rates; this one is left as it is. */
  forRates(rates: Float64Array): MeterKind;
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

/**
 * Every manner that is thought of, from those that bear the least burst to those that bear the most, and how likely each is
 * before anything is known; the weights add up to 1. The first call came at `begun`.
 */
export function meterKinds(rates: Float64Array, begun: EpochMs): { kinds: MeterKind[]; weights: number[] } {
  const all: { kind: MeterKind; weight: number }[] = [];
  const add = (weight: number, kind: MeterKind): void => void all.push({ kind, weight });
  for (const seconds of BURST_SECONDS)
    for (const charged of [false, true])
      add(WEIGHT.buckets / (2 * BURST_SECONDS.length), bucket(rates, seconds, charged, begun));
  add(WEIGHT.lastMinute, lastSeconds(rates, 60, false));
  add(WEIGHT.lastMinuteCharged, lastSeconds(rates, 60, true));
  add(WEIGHT.minuteFromFirstCall, windows(rates, begun, 60, PHASES.minute));
  for (let phase = 1; phase < PHASES.minute; phase += 1)
    add(
      WEIGHT.otherMinutes / (PHASES.minute - 1),
      windows(rates, begun - (phase * MINUTE_MS) / PHASES.minute, 60, PHASES.minute),
    );
  for (const seconds of SHORT_SECONDS) {
    add(WEIGHT.lastSeconds / SHORT_SECONDS.length, lastSeconds(rates, seconds, false));
    for (let phase = 0; phase < PHASES.short; phase += 1)
      add(
        WEIGHT.shortWindows / (SHORT_SECONDS.length * PHASES.short),
        windows(rates, begun - (phase * seconds * 1_000) / PHASES.short, seconds, PHASES.short),
      );
  }
  all.sort((a, b) => a.kind.burst - b.kind.burst);
  return { kinds: all.map(({ kind }) => kind), weights: all.map(({ weight }) => weight) };
}

const WEIGHT = {
  buckets: 0.48,
  lastMinute: 0.16,
  lastMinuteCharged: 0.03,
  minuteFromFirstCall: 0.1,
  otherMinutes: 0.17,
  lastSeconds: 0.02,
  shortWindows: 0.04,
} as const;

/** Units by which what is left may be more or less than reckoned: part of a call, and 60 ms of what flows in. */
export const toleranceOf = (units: number, rate: number): number => 0.25 * Math.min(units, 80) + rate / 1_000;

/** Units flow in evenly and are kept up to so many seconds of them; full at first. */
function bucket(
  rates: Float64Array,
  seconds: number,
  charged: boolean,
  begun: EpochMs,
  state?: { shares: Float64Array; isExact: boolean },
): MeterKind {
  const sizes = rates.map((rate) => Math.max(LEAST_BURST, (rate * seconds) / 60));
  const levels = sizes.map((size, i) => size * (state?.shares[i] ?? 1));
  let at = begun;
  let doubts = state?.isExact ? undefined : sizes.map((size) => size * BURST_DOUBT);
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
    forRates(next) {
      const shares = levels.map((level, i) => level / sizes[i]!);
      return bucket(next, seconds, charged, at, {
        shares: valuesAt(next, rates, shares),
        isExact: doubts === undefined,
      });
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

/** Exactly the last so many seconds. */
function lastSeconds(
  rates: Float64Array,
  seconds: number,
  charged: boolean,
  spent = createSpending(seconds * 1_000),
): MeterKind {
  const part = seconds / 60;
  const mosts = rates.map((rate) => rate * part);
  const doubts = stepsOf(mosts);
  return {
    flows: false,
    burst: seconds,
    forRates: (next) => lastSeconds(next, seconds, charged, spent.copy()),
    readLeft(now, left) {
      const used = spent.within(now);
      for (let i = 0; i < mosts.length; i += 1) left[i] = mosts[i]! - used;
    },
    mosts: () => mosts,
    doubts: () => doubts,
    passed: (units, now) => spent.add(units, now),
    refused: (units, now) => void (charged && spent.add(units, now)),
    endsAt: () => 0.2,
  };
}

/** When something was spent, and how much was before it. */
type Spent = Readonly<{ at: EpochMs; before: number }>;

/** What was spent within the last so many milliseconds; a moment to come may be asked after, and changes nothing. */
function createSpending(ms: number, state = { entries: [] as Spent[], total: 0 }) {
  let { entries, total } = state;
  return {
    copy: () => createSpending(ms, { entries: entries.slice(), total }),
    add(units: number, seen: EpochMs): void {
      const now = Math.max(seen, entries.at(-1)?.at ?? seen);
      if (entries.length > 0 && entries[0]!.at < now - 4 * ms) entries = entries.filter(({ at }) => at > now - ms);
      entries.push({ at: now, before: total });
      total += units;
    },
    within(now: EpochMs): number {
      let low = 0; // the first that is not too old
      for (let high = entries.length; low < high;) {
        const middle = (low + high) >>> 1;
        if (entries[middle]!.at > now - ms) high = middle;
        else low = middle + 1;
      }
      return low === entries.length ? 0 : total - entries[low]!.before;
    },
  };
}

/** Windows of so many seconds, one of which began at `begun`; it stands for those that began a little earlier or later. */
function windows(rates: Float64Array, begun: EpochMs, seconds: number, phases: number, spent = 0): MeterKind {
  const lastsMs = seconds * 1_000;
  const part = seconds / 60;
  const offMs = lastsMs / phases / 2;
  const mosts = rates.map((rate) => rate * part);
  const doubts = stepsOf(mosts);
  let window = begun;
  let used = spent;
  const isOver = (now: EpochMs): boolean => now >= window + lastsMs;
  const roll = (now: EpochMs): void => {
    if (!isOver(now)) return;
    window += Math.floor((now - window) / lastsMs) * lastsMs;
    used = 0;
  };
  return {
    flows: false,
    burst: seconds,
    forRates: (next) => windows(next, window, seconds, phases, used),
    readLeft(now, left) {
      const taken = isOver(now) ? 0 : used;
      for (let i = 0; i < mosts.length; i += 1) left[i] = mosts[i]! - taken;
    },
    mosts: () => mosts,
    doubts: () => doubts,
    passed(units, now) {
      roll(now);
      used += units;
    },
    refused: (_, now) => roll(now),
    endsAt(end) {
      const off = (((end - window) % lastsMs) + lastsMs) % lastsMs;
      return Math.min(off, lastsMs - off) <= offMs + 1_000 ? 1 : 0.02;
    },
  };
}
