import { UNITS_PER_MINUTE } from "../../src/core/quota.ts";
import { dearestOf, MAX_IN_FLIGHT, priceOf, type Case } from "../../test/meter-matrix.ts";
import type { Drawn } from "../../test/unlisted-meters.ts";

/**
 * What a pacer could come to that is told the kind of meter (whole minutes, the last minute, or a bucket and how many seconds
 * it holds), but neither its limit, nor what calls are charged, nor when a minute begins. Reckoned by arithmetic, without the
 * pacer; docs/pacing.md gives the argument. Shares are of what the limit allows, refusals are counts within a run.
 */
export type Bound = Readonly<{ first: number; later: number; refusals: number; lateRefusals: number }>;

/** As much of the first minute as is asked for; with more refusals more could be had. */
const WANTED_FIRST = 0.9;

/** More refusals than these in the first minute buy less than they cost. */
const MOST_LOOKS = 6;

export function boundOf(one: Case, minutes: number): Bound {
  const best = Math.min(one.limit, ((MAX_IN_FLIGHT * 60_000) / one.latencyMs) * priceOf(one));
  /** Seconds of the limit that a call comes to: nothing can be told more finely than by a call. */
  const callSeconds = (60 * priceOf(one)) / one.limit;
  const learned = one.meter.startsWith("bucket")
    ? learnBucket(burstOf(one), callSeconds, one.charged ? 0.5 : 0)
    : learnMinutes(callSeconds);
  const first = learned.refusals + underWay(one, one.latencyMs);
  // Rising to a price or a limit that is new is learning anew; that another program is done can only be found by asking, and
  // each time that it is not is a refusal.
  const news = one.change === undefined ? 0 : learned.refusals;
  const looks = one.change === "other program" ? (minutes > 8 ? 4 : 2) / LOOK_MINUTES : 0;
  return {
    first: best < one.limit ? Math.min(1, (learned.first * one.limit) / best) : learned.first,
    later: worstMinute(callSeconds),
    refusals: first + news + looks,
    lateRefusals: looks > 0 ? 1 : 0,
  };
}

/** The same for a server that was drawn; what it can let through at the most was measured, its windows' remainders with it. */
export function boundOfDrawn(one: Drawn): Bound {
  const callSeconds = (60 * priceOf(one)) / one.limit;
  const learned = learnDrawn(one, callSeconds);
  return {
    first: Math.min(Math.max(1, learned.first), (learned.first * one.limit) / one.best),
    later: worstMinute(callSeconds),
    refusals: learned.refusals + underWay(one, one.meanLatencyMs),
    lateRefusals: 0,
  };
}

function learnDrawn({ kind, seconds, charged, ...one }: Drawn, callSeconds: number): Learned {
  const burst = Math.max(seconds, (60 * dearestOf(one)) / one.limit);
  if (kind === "bucket" || kind === "stepped") return learnBucket(burst, callSeconds, charged ? 0.5 : 0);
  // It is half full at first, and owes a whole call for each that was refused.
  if (kind === "indebted") return learnBucket(Math.max(burst / 2, 3_600 / one.limit), callSeconds, 1);
  return learnMinutes(callSeconds);
}

/**
 * Nobody knows the tier either: to come to nine tenths of the first minute where it is the old one, calls must go as fast as
 * that one bears, and those that are under way when one is refused are refused too.
 */
function underWay(one: Pick<Case, "tier" | "overprice" | "conversation">, latencyMs: number): number {
  const units = priceOf({ ...one, tier: "legacy", overprice: 1 });
  const atOnce = (UNITS_PER_MINUTE.legacy * latencyMs) / 60_000 / units;
  return Math.max(0, Math.floor(WANTED_FIRST * Math.min(MAX_IN_FLIGHT, atOnce)) - 1);
}

/** A minute holds whole calls: of several, the worst one lacks up to a call of what it could have had. */
const worstMinute = (callSeconds: number): number => 1 - callSeconds / 60;

/** Another program that is done is to be found within so long. */
const LOOK_MINUTES = 2;

/** On the average half a call stays unspent at the edge of what is known, in every minute. */
const halfOf = (callSeconds: number): number => callSeconds / 2 / 60;

/** Whole minutes, the last minute: all of a minute may go at once, and the first refusal says how much, to within a call. */
const learnMinutes = (callSeconds: number): Learned => ({ first: 1 - halfOf(callSeconds), refusals: 1 });

type Learned = Readonly<{ first: number; refusals: number }>;

/**
 * A bucket of so many seconds: the burst goes at once, and its first refusal says the rate to within a call of what the
 * burst held. Kept at the lower edge of that, half of the width is lost on the average, until a look from the upper edge says
 * it anew, to within a call of all that went until then. With k looks in a minute they lie best at equal ratios of time.
 */
function learnBucket(burst: number, callSeconds: number, takenByRefusal: number): Learned {
  const seconds = Math.max(burst, callSeconds);
  let learned: Learned = { first: 0, refusals: 0 };
  for (let looks = 1; looks <= MOST_LOOKS && learned.first < WANTED_FIRST; looks += 1) {
    const ratio = Math.max(1, 60 / seconds) ** (1 / looks);
    const unknown = (callSeconds / 2) * looks * (ratio - 1);
    const taken = looks * callSeconds * takenByRefusal; // half a call is left in the bucket, and goes where refused calls are charged
    const first = Math.min(1, (60 + seconds - unknown - taken) / 60);
    if (first > learned.first) learned = { first, refusals: looks };
  }
  return learned;
}

const burstOf = ({ meter, limit, overprice, ...one }: Case): number => {
  const seconds = meter === "bucket of a minute" ? 60 : Number(/\d+/.exec(meter)![0]);
  return Math.max(seconds, (60 * dearestOf({ overprice, ...one })) / limit);
};
