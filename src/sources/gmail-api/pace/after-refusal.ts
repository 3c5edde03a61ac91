import type { EpochMs } from "../../../core/time.ts";
import type { Belief } from "./belief.ts";

const MINUTE_MS = 60_000;

/**
 * After a refusal the next call goes when it is so likely to get through; where units flow back that is soon, and one
 * call more is a small price for knowing. Less is risked after several, and where units hardly can flow back.
 */
const SURE = { first: 0.3, again: 0.5, windows: 0.75 } as const;

/** Units come back bit by bit less likely than this: whole minutes are taken for sure. */
export const HARDLY_FLOWS = 0.15;

/** Each refusal after another doubles the least wait, and the looks ahead are so far apart. */
const LEAST_WAIT_MS = 200;
const LOOK_AHEAD = 1.15;
const LOOK_AHEAD_MS = 500;

/** A listing costs less than any read: if that may not go, nothing may. */
const LEAST_UNITS = 20;

/** How long all wait after a refusal. */
export type AfterRefusal = Readonly<{
  /** When a call of so many units may go. */
  opensAt(units: number, now: EpochMs): EpochMs;
  /** Until when nothing goes because whole minutes are waited for; a pause of seconds is none. */
  waitsUntil(now: EpochMs): EpochMs;
  /** A call that was sent since got through. */
  passed(units: number): void;
  /** `isNew`: the call was sent after the refusal before was heard. The window that was named ends then. */
  refused(units: number, isNew: boolean, windowEnd: EpochMs | undefined, now: EpochMs): void;
}>;

export function createAfterRefusal(belief: Belief): AfterRefusal {
  let streak = 0; // refusals one after the other
  let refusedUnits = 0; // of the last of them
  let refusedAt: EpochMs = -Infinity;
  let holdsUntil: EpochMs = -Infinity; // the longest that the last refusal makes all wait

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
    opensAt,
    waitsUntil: (now) => (belief.flows() < HARDLY_FLOWS ? opensAt(LEAST_UNITS, now) : now),
    passed(units) {
      // A cheap call may pass where there is no room for a dear one.
      if (units >= refusedUnits) streak = 0;
    },
    refused(units, isNew, windowEnd, now) {
      if (isNew) {
        streak += 1;
        refusedUnits = units;
      }
      refusedAt = now;
      // A window that is over already, such as one of the day, says nothing of when to go on.
      holdsUntil = windowEnd === undefined || windowEnd <= now ? now + MINUTE_MS : Math.min(windowEnd, now + MINUTE_MS);
    },
  };
}
