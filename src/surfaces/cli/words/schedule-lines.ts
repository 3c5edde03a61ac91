import { LIVE, type StateName } from "../../../core/export/job.ts";
import type { Schedule } from "../../../core/export/schedule.ts";
import { sign } from "../terminal/signs.ts";
import type { Paint } from "../terminal/terminal.ts";
import type { Messages } from "./messages.ts";

/** A few lines for each schedule, in its own time zone. */
export function scheduleLines(all: readonly Schedule[], now: number, paint: Paint, w: Messages): string[] {
  if (all.length === 0) return [w.noSchedules];
  return all.flatMap((schedule) => {
    const { id, request, cron, timeZone, lastRun } = schedule;
    const at = (moment: number): string =>
      new Date(moment).toLocaleString(w.language === "fr" ? "fr" : "en-GB", {
        dateStyle: "medium",
        timeStyle: "medium",
        timeZone,
      });
    const last = lastRun === null ? w.neverRun : `${w.states[lastRun.state]}, ${at(lastRun.at)}`;
    return [
      `${sign(howOf(schedule), paint)} ${request.account}  ${cron}  ${timeZone}`,
      `  ${w.nextRun}${nextOf(schedule, now, at, w)}`,
      `  ${w.lastRun}${last}`,
      `  id      ${id}`,
    ];
  });
}

function nextOf(
  { paused, next, busyWith }: Schedule,
  now: number,
  at: (moment: number) => string,
  w: Messages,
): string {
  if (paused) return w.pausedSchedule;
  if (next === null) return w.neverAgain;
  return next.startAt <= now && busyWith !== null ? w.dueBehind(busyWith) : at(next.startAt);
}

function howOf({ paused, lastRun }: Schedule): "ok" | "warn" | "fail" | "skipped" {
  if (paused) return "skipped";
  if (lastRun?.state === "failed") return "fail";
  return lastRun === null || isFine(lastRun.state) ? "ok" : "warn";
}

const isFine = (state: StateName): boolean =>
  state === "completed" || (LIVE.includes(state) && state !== "needs_sign_in" && state !== "paused");
