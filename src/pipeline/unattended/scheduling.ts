import { refuse } from "../../core/errors.ts";
import type { ExportJob } from "../../core/export/job.ts";
import { nextOccurrence, type Occurrence, type Schedule } from "../../core/export/schedule.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { NewSchedule, ScheduleChange, Schedules } from "../../core/ports/schedules.ts";
import { readCron } from "./cron.ts";

type Asked = Omit<NewSchedule, "next">;

/** What people do with schedules, whichever way they ask for it. */
export type Scheduling = Readonly<{
  /** Throws `schedule_invalid`. */
  add(asked: Asked, signal?: AbortSignal): Promise<Schedule>;
  /** Plans anew where the expression, the zone or the jitter are others. Throws `schedule_unknown` or `schedule_invalid`. */
  change(id: string, change: Partial<Asked>, signal?: AbortSignal): Promise<Schedule>;
  /**
   * Adds the export now, whether or not it is paused; the next occurrence stays. Throws `schedule_unknown`, or
   * `directory_busy` where a live export has its directory.
   */
  run(id: string, signal?: AbortSignal): Promise<Readonly<{ schedule: Schedule; job: ExportJob }>>;
  /** The next moments at which an expression comes true, at most so many; without jitter. Throws `schedule_invalid`. */
  preview(cron: string, timeZone: string, count: number): readonly number[];
}> &
  Pick<Schedules, "get" | "list" | "remove">;

/** `random` is from 0 to below 1, and draws the jitter. */
export function createScheduling(schedules: Schedules, clock: Pick<Clock, "now">, random: () => number): Scheduling {
  const plan = (asked: Asked, ran: Schedule["ran"]): Occurrence | null => {
    const now = clock.now();
    const occurrences = readCron(asked.cron, asked.timeZone, now);
    return asked.paused ? null : nextOccurrence(occurrences, { ...asked, ran }, now, random());
  };

  /** What is read is changed by others at times: then it is read again. */
  const repeat = async <T>(
    id: string,
    attempt: (schedule: Schedule) => Promise<T | undefined>,
    signal?: AbortSignal,
  ): Promise<T> => {
    for (;;) {
      const done = await attempt(await schedules.get(id, signal));
      if (done !== undefined) return done;
    }
  };

  return {
    get: schedules.get,
    list: schedules.list,
    remove: schedules.remove,
    add: async (asked, signal) => schedules.add({ ...asked, next: plan(asked, []) }, signal),
    change: (id, given, signal) =>
      repeat(
        id,
        async (schedule) => {
          const change: ScheduleChange = isPlannedAnew(schedule, given)
            ? { ...given, next: plan({ ...schedule, ...given }, schedule.ran) }
            : given;
          return schedules.change(schedule, change, signal);
        },
        signal,
      ),
    run: (id, signal) =>
      repeat(
        id,
        async (schedule) => {
          const starting = await schedules.start(schedule, {}, signal);
          if (starting.outcome === "busy")
            throw refuse(
              "directory_busy",
              `Export ${starting.exportId} is writing to ${schedule.request.directory}.`,
              "Follow that export; when it has ended, what is due is brought by itself.",
            );
          return starting.outcome === "changed" ? undefined : { schedule: starting.schedule, job: starting.job };
        },
        signal,
      ),
    preview(cron, timeZone, count) {
      const { after } = readCron(cron, timeZone, clock.now());
      const found: number[] = [];
      for (let at = after(clock.now()); at !== undefined && found.length < count; at = after(at)) found.push(at);
      return found;
    },
  };
}

/** What is due and waits is not planned anew by a change that leaves its times as they are. */
function isPlannedAnew(before: Schedule, given: Partial<Asked>): boolean {
  return (["cron", "timeZone", "jitterSeconds", "paused"] as const).some(
    (key) => given[key] !== undefined && given[key] !== before[key],
  );
}
