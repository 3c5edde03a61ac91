import type { z } from "zod";

import type { Ready } from "../../http/operations/health-routes.ts";
import type { Preview } from "../../http/schedules/schedule-routes.ts";
import type { ScheduleView } from "../../http/schedules/schedule-shape.ts";
import { ask, call } from "../api.ts";
import type { Export } from "../exports-api.ts";

export type Schedule = Readonly<z.infer<typeof ScheduleView>>;

export type Alarm = z.infer<typeof Ready>["alarms"][number];

/** As they were made. */
export async function listSchedules(signal: AbortSignal): Promise<readonly Schedule[]> {
  return (await call<{ schedules: readonly Schedule[] }>("GET", "/schedules", { signal })).schedules;
}

/** What is wrong with exports that have a schedule, as the server saw it within the last minute. */
export async function listAlarms(signal: AbortSignal): Promise<readonly Alarm[]> {
  return (await call<z.infer<typeof Ready>>("GET", "/readyz", { signal })).alarms;
}

/** The next moments at which an expression comes true in a zone. */
export async function previewRuns(cron: string, timeZone: string, signal: AbortSignal): Promise<readonly string[]> {
  const query = new URLSearchParams({ cron, time_zone: timeZone });
  return (await call<z.infer<typeof Preview>>("GET", `/schedules/preview?${query.toString()}`, { signal })).next_runs;
}

export function addSchedule(body: Readonly<Record<string, unknown>>): Promise<Schedule> {
  return call("POST", "/schedules", { body });
}

export function pauseSchedule({ id }: Schedule, paused: boolean): Promise<Schedule> {
  return call("PATCH", pathOf(id), { body: { paused } });
}

/** Resolves with the export that it has begun. */
export function runSchedule({ id }: Schedule): Promise<Export> {
  return call("POST", `${pathOf(id)}/run`);
}

/** Its exports stay. */
export async function removeSchedule({ id }: Schedule): Promise<void> {
  await ask("DELETE", pathOf(id));
}

const pathOf = (id: string): string => `/schedules/${encodeURIComponent(id)}`;
