import type { Calls, RecentMinute } from "../../../core/ports/recent-calls.ts";
import type { EpochMs } from "../../../core/time.ts";

const MINUTE_MS = 60_000;

/** A process that was killed may have sent calls for so long after it last wrote down what it had sent. */
const LOST_MS = 3_000;

/** It writes once a second: so much is reckoned with, at the speed of the last second that is known whole. */
const SECOND_MS = 1_000;

/** What is known of the minute before this process began. */
export type LookBack = Readonly<{
  /** Calls that were sent, from the oldest to the newest. */
  calls: readonly Calls[];
  /** Calls that may have been sent beside them. */
  mayBe: readonly Calls[];
  /** Since when nothing is missing, but what other machines spend: a minute that reaches further back is not seen whole. */
  knownSince: EpochMs;
}>;

/** Reads what a process before this one has left; what is older than a minute says nothing any more. */
export function lookBack(minute: RecentMinute | undefined, now: EpochMs): LookBack {
  if (minute === undefined || minute.asOf > now || minute.asOf <= now - MINUTE_MS)
    return { calls: [], mayBe: [], knownSince: now };
  const calls = minute.calls.filter(({ at }) => at > now - MINUTE_MS - SECOND_MS && at <= now);
  if (minute.ended) return { calls, mayBe: [], knownSince: minute.knownSince };
  const knownSince = Math.min(now, minute.asOf + LOST_MS);
  const lastSecond = Math.floor(minute.asOf / SECOND_MS) * SECOND_MS - SECOND_MS;
  const mayBe = calls
    .filter(({ at }) => at === lastSecond)
    .map(({ method, format, count }) => ({ at: minute.asOf, method, format, count }));
  return { calls, mayBe, knownSince };
}
