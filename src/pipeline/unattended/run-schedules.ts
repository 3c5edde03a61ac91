import { failureOf } from "../../core/errors.ts";
import { nextOccurrence, withRun, type Occurrences, type Schedule } from "../../core/export/schedule.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { JobQueue } from "../../core/ports/job-queue.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Schedules } from "../../core/ports/schedules.ts";
import type { EpochMs } from "../../core/time.ts";
import { readCron } from "./cron.ts";

/** How long it takes to look again whether the schedules can be read. */
const LOOK_AGAIN_MS = 10_000;

/** What running schedules needs of the world. `random` is from 0 to below 1, and draws the jitter. */
type Unattended = Readonly<{ schedules: Schedules; clock: Pick<Clock, "now">; random: () => number; log: Log }>;

/**
 * Adds the exports of schedules to the queue as they come due, until the signal aborts. What was missed while nobody ran
 * this is made up for once. Any number of processes may do this on one store: each occurrence is run by one of them.
 */
export async function runSchedules(
  { queue, clock, ...rest }: Omit<Unattended, "clock"> & Readonly<{ queue: Pick<JobQueue, "changed">; clock: Clock }>,
  signal: AbortSignal,
): Promise<void> {
  const startDue = scheduleStarter({ ...rest, clock });
  while (!signal.aborted) {
    const changed = queue.changed(signal); // from before the look on
    try {
      await startDue(signal);
    } catch (error) {
      if (signal.aborted) break;
      rest.log.error("schedules cannot be looked at", { code: failureOf(error)?.code ?? "internal" });
      await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => {});
    }
    await changed;
  }
}

/**
 * Looks once at all schedules: starts those that are due, and plans anew those whose clock was set back. An occurrence
 * whose directory is still being exported waits for the end of that: several that wait become one. What is wrong with
 * one schedule is told to the log once, and keeps none of the others.
 */
export function scheduleStarter({ schedules, clock, random, log }: Unattended): (signal: AbortSignal) => Promise<void> {
  const read = new Map<string, Occurrences>();
  const told = new Map<string, string>();
  /** When each was looked at and stood as it should. The clock may have been moved before the first look, too. */
  const lookedAt = new Map<string, EpochMs>();

  const occurrencesOf = ({ cron, timeZone }: Schedule, now: EpochMs): Occurrences => {
    const key = `${timeZone} ${cron}`;
    const found = read.get(key) ?? readCron(cron, timeZone, now);
    read.set(key, found);
    return found;
  };

  const tellOnce = (schedule: Schedule, what: string, tell: () => void): void => {
    if (told.get(schedule.id) === what) return;
    told.set(schedule.id, what);
    tell();
  };

  const startIfDue = async (schedule: Schedule, signal: AbortSignal): Promise<void> => {
    if (schedule.paused) return;
    const now = clock.now();
    const occurrences = occurrencesOf(schedule, now);
    const { next } = schedule;
    if (next && next.startAt <= now) {
      const ran = withRun(schedule.ran, next.at, occurrences, now);
      const after = nextOccurrence(occurrences, { ...schedule, ran }, now, random());
      const starting = await schedules.start(schedule, { next: after, ran }, signal);
      if (starting.outcome === "started") {
        told.delete(schedule.id);
        log.info("schedule started an export", { schedule: schedule.id, export: starting.job.id });
      }
      if (starting.outcome === "busy")
        tellOnce(schedule, `${next.at} ${starting.exportId}`, () =>
          log.info("schedule waits for the end of an export", { schedule: schedule.id, export: starting.exportId }),
        );
    } else if (now < (lookedAt.get(schedule.id) ?? Infinity)) {
      const soonest = nextOccurrence(occurrences, schedule, now, random());
      const isSooner = soonest !== null && (next === null || soonest.at < next.at);
      if (isSooner && !(await schedules.change(schedule, { next: soonest }, signal))) return; // somebody else was first
    }
    lookedAt.set(schedule.id, now);
  };

  return async (signal) => {
    const all = await schedules.list(signal);
    for (const schedule of all) {
      try {
        await startIfDue(schedule, signal);
      } catch (error) {
        signal.throwIfAborted();
        const failure = failureOf(error);
        if (failure?.code === "disk" || failure?.code === "database") throw error; // it is the same for all of them
        tellOnce(schedule, failure?.code ?? "internal", () =>
          log.error("schedule cannot be run", { schedule: schedule.id, code: failure?.code ?? "internal" }),
        );
      }
    }
  };
}
