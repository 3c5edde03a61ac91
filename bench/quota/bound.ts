import { dearestOf, MAX_IN_FLIGHT, priceOf, type Case } from "../../test/meter-matrix.ts";

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
    ? learnBucket(burstOf(one), callSeconds, one.charged)
    : learnMinutes(callSeconds, best * (one.latencyMs / 60_000), priceOf(one));
  // Rising to a price or a limit that is new is learning anew; that another program is done can only be found by asking, and
  // each time that it is not is a refusal.
  const news = one.change === undefined ? 0 : learned.refusals;
  const looks = one.change === "other program" ? (minutes > 8 ? 4 : 2) / LOOK_MINUTES : 0;
  return {
    first: best < one.limit ? Math.min(1, (learned.first * one.limit) / best) : learned.first,
    later: 1 - halfOf(callSeconds),
    refusals: learned.refusals + news + looks,
    lateRefusals: looks > 0 ? 1 : 0,
  };
}

/** Another program that is done is to be found within so long. */
const LOOK_MINUTES = 2;

/** On the average half a call stays unspent at the edge of what is known, in every minute. */
const halfOf = (callSeconds: number): number => callSeconds / 2 / 60;

/**
 * Whole minutes, the last minute: all of a minute may go at once, and the first refusal says how much that is, to within a
 * call. With it come those that were sent before it was heard, at no more than the pace that spends a minute's units.
 */
function learnMinutes(callSeconds: number, unitsUnderWay: number, price: number): Learned {
  return { first: 1 - halfOf(callSeconds), refusals: 1 + Math.floor(unitsUnderWay / price) };
}

type Learned = Readonly<{ first: number; refusals: number }>;

/**
 * A bucket of so many seconds: the burst goes at once, and its first refusal says the rate to within a call of what the
 * burst held. Kept at the lower edge of that, half of the width is lost on the average, until a look from the upper edge says
 * it anew, to within a call of all that went until then. With k looks in a minute they lie best at equal ratios of time.
 */
function learnBucket(burst: number, callSeconds: number, isCharged: boolean): Learned {
  const seconds = Math.max(burst, callSeconds);
  let learned: Learned = { first: 0, refusals: 0 };
  for (let looks = 1; looks <= MOST_LOOKS && learned.first < WANTED_FIRST; looks += 1) {
    const ratio = Math.max(1, 60 / seconds) ** (1 / looks);
    const unknown = (callSeconds / 2) * looks * (ratio - 1);
    const taken = isCharged ? (looks * callSeconds) / 2 : 0; // what was left in the bucket goes with a refused call
    const first = Math.min(1, (60 + seconds - unknown - taken) / 60);
    if (first > learned.first) learned = { first, refusals: looks };
  }
  return learned;
}

const burstOf = ({ meter, limit, overprice, ...one }: Case): number => {
  const seconds = meter === "bucket of a minute" ? 60 : Number(/\d+/.exec(meter)![0]);
  return Math.max(seconds, (60 * dearestOf({ overprice, ...one })) / limit);
};
