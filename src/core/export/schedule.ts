import type { EpochMs } from "../time.ts";
import type { ExportRequest, StateName } from "./job.ts";

/** When an expression comes true, and when the export begins: the same moment, or later by a jitter. */
export type Occurrence = Readonly<{ at: EpochMs; startAt: EpochMs }>;

/** From one moment to another, both included. */
export type Span = Readonly<{ from: EpochMs; to: EpochMs }>;

/** The last export that a schedule added, and how that stands or ended; the state stays when the export is taken off the list. */
type ScheduledRun = Readonly<{ at: EpochMs; exportId: string; state: StateName }>;

/** An account that is exported again and again, without anybody. */
export type Schedule = Readonly<{
  id: string;
  /** What each occurrence adds to the queue. */
  request: ExportRequest;
  /** Five fields, or six with seconds in front. */
  cron: string;
  /** Of the IANA, in which the expression is read. */
  timeZone: string;
  /** An export begins up to so much after its occurrence. */
  jitterSeconds: number;
  paused: boolean;
  createdAt: EpochMs;
  /** Null while it is paused. */
  next: Occurrence | null;
  lastRun: ScheduledRun | null;
  /** The live export that has its directory: an occurrence that comes due meanwhile waits for its end. */
  busyWith: string | null;
  /** The occurrences that were run: where the clock is set back they are not run again. */
  ran: readonly Span[];
  /** Another number after each change. */
  revision: number;
}>;

/** When an expression comes true. */
export type Occurrences = Readonly<{
  /** The first one after this moment; undefined where there is none any more. */
  after(moment: EpochMs): EpochMs | undefined;
  /** The last one at this moment or before it. */
  notAfter(moment: EpochMs): EpochMs | undefined;
}>;

/** Only a clock that is moved again and again makes spans; the oldest are forgotten. */
const MOST_SPANS = 16;

/** The first occurrence after `now` that was not run; null where there is none any more. `random` is from 0 to below 1. */
export function nextOccurrence(
  occurrences: Occurrences,
  { ran, jitterSeconds }: Pick<Schedule, "ran" | "jitterSeconds">,
  now: EpochMs,
  random: number,
): Occurrence | null {
  let at = occurrences.after(now);
  for (let span = spanWith(ran, at); span && at !== undefined; span = spanWith(ran, at))
    at = occurrences.after(span.to);
  return at === undefined ? null : { at, startAt: at + Math.floor(random * jitterSeconds * 1_000) };
}

function spanWith(ran: readonly Span[], at: EpochMs | undefined): Span | undefined {
  return at === undefined ? undefined : ran.find(({ from, to }) => from <= at && at <= to);
}

/**
 * What has been run, after the occurrence at `at` was run at `now`. Where more came meanwhile the run stands for the last
 * of them: the others count as missed, so that a clock which stood far ahead and is set right finds them before it again.
 */
export function withRun(ran: readonly Span[], at: EpochMs, occurrences: Occurrences, now: EpochMs): readonly Span[] {
  const last = Math.max(at, occurrences.notAfter(now) ?? at);
  // A span that it follows, with none between, is made longer. The one changed last stands last.
  const before = ran.find(({ from, to }) => from <= last && (last <= to || occurrences.after(to) === last));
  const span = before ? { from: before.from, to: Math.max(before.to, last) } : { from: last, to: last };
  return [...ran.filter((one) => one !== before), span].slice(-MOST_SPANS);
}
