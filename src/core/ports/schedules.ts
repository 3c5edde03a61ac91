import type { ExportJob } from "../export/job.ts";
import type { Schedule } from "../export/schedule.ts";

/** What is told of a schedule when it is made. */
export type NewSchedule = Pick<Schedule, "request" | "cron" | "timeZone" | "jitterSeconds" | "paused" | "next">;

/** What may change of it. */
export type ScheduleChange = Partial<NewSchedule & Pick<Schedule, "ran">>;

/**
 * How starting ended: with the export that was added; `busy` with the live export that has the directory; or not at all,
 * since the schedule has changed, or was removed, after it was read.
 */
export type Starting =
  | Readonly<{ outcome: "started"; schedule: Schedule; job: ExportJob }>
  | Readonly<{ outcome: "busy"; exportId: string }>
  | Readonly<{ outcome: "changed" }>;

/**
 * What is exported by itself, and when; durable, and shared by processes like the queue, beside which it is kept: an
 * occurrence and its export are one step, so that no end of a process comes between them. Nothing here blocks the
 * caller's thread; where a signal aborts, the caller gets the reason at once, and a change that was under way may still
 * be made. Implemented by `state/embedded/schedules.ts` and `state/postgres/schedules.ts`; every one passes `test/contracts/schedules.ts`.
 */
export type Schedules = Readonly<{
  add(schedule: NewSchedule, signal?: AbortSignal): Promise<Schedule>;
  /** Throws `schedule_unknown`. */
  get(id: string, signal?: AbortSignal): Promise<Schedule>;
  /** In the order in which they were made. What is damaged is left out. */
  list(signal?: AbortSignal): Promise<readonly Schedule[]>;
  /** Undefined where it was changed by somebody else after it was read. Throws `schedule_unknown`. */
  change(schedule: Schedule, change: ScheduleChange, signal?: AbortSignal): Promise<Schedule | undefined>;
  /** Adds its export to the queue, and changes the schedule: both, or neither where it was changed after it was read. */
  start(schedule: Schedule, change: ScheduleChange, signal?: AbortSignal): Promise<Starting>;
  /** Its exports stay. Throws `schedule_unknown`. */
  remove(id: string, signal?: AbortSignal): Promise<void>;
  /**
   * Whether this process is the one of all that does what `duty` names: who asks first is, as long as it asks again within
   * `forMs`. Who closes the store gives it back.
   */
  takeDuty(duty: string, forMs: number, signal?: AbortSignal): Promise<boolean>;
}>;
