import type { Trouble, Watched } from "../../core/export/alarm.ts";
import type { AlarmMemory } from "../../core/ports/alarm-memory.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { currentTroubles } from "./alarms.ts";

/** What is wrong with a scheduled export now. */
export type CurrentAlarm = Pick<Trouble, "event" | "exportId" | "since" | "message" | "next"> &
  Readonly<{ scheduleId: string; account: string }>;

/** As the watch last saw it, at most a minute ago while a server runs; nothing is asked of schedules. */
export async function readRememberedAlarms(memory: Pick<AlarmMemory, "read">): Promise<readonly CurrentAlarm[]> {
  return Object.entries(await memory.read()).flatMap(([scheduleId, { alarms, paused }]) =>
    alarms
      .filter(({ overSince }) => !paused && overSince === undefined)
      .flatMap((alarm) => currentAlarm(alarm, scheduleId, alarm.account)),
  );
}

/** As it is at this moment, whether or not a server runs, and how many schedules there are. */
export async function findAlarms(
  { look, memory, notifyAfterMs, clock }: FindPorts,
  signal: AbortSignal,
): Promise<Readonly<{ schedules: number; alarms: readonly CurrentAlarm[] }>> {
  const [schedules, record] = await Promise.all([look(signal), memory.read()]);
  const alarms = schedules.flatMap((schedule) =>
    currentTroubles(record[schedule.id], schedule, clock.now(), notifyAfterMs).flatMap((trouble) =>
      currentAlarm(trouble, schedule.id, schedule.account),
    ),
  );
  return { schedules: schedules.length, alarms };
}

type FindPorts = Readonly<{
  look(signal: AbortSignal): Promise<readonly Watched[]>;
  memory: Pick<AlarmMemory, "read">;
  notifyAfterMs: number;
  clock: Pick<Clock, "now">;
}>;

/** None where the trouble is a silent one. */
function currentAlarm(
  { silent, event, exportId, since, message, next }: Trouble,
  scheduleId: string,
  account: string,
): readonly CurrentAlarm[] {
  return silent ? [] : [{ scheduleId, event, account, exportId, since, message, next }];
}
