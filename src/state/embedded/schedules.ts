import { randomUUID } from "node:crypto";

import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Schedules } from "../../core/ports/schedules.ts";
import { unlessAborted } from "../unless-aborted.ts";
import type { DatabaseThread } from "./database-thread.ts";

/**
 * Schedules in the file of the list of exports. `wake` lets those who wait for a change of that list look at once: only
 * for what was changed, or whoever tries again and again to start what has to wait would wake itself each time.
 */
export function embeddedSchedules(
  { call }: DatabaseThread,
  wake: () => void,
  clock: Pick<Clock, "now">,
  log?: Pick<Log, "warn">,
): Schedules & Readonly<{ dropDuties(): Promise<void> }> {
  /** This process, among those that have the file. */
  const holder = randomUUID();
  let hasDuties = false;
  const told = new Set<string>();
  const waking = async <T>(change: Promise<T>, isChange: (result: T) => boolean = () => true): Promise<T> => {
    const result = await change;
    if (isChange(result)) wake();
    return result;
  };
  return {
    add: (schedule, signal) => waking(unlessAborted(signal, () => call("addSchedule", schedule, clock.now()))),
    get: (id, signal) => unlessAborted(signal, () => call("getSchedule", id)),
    async list(signal) {
      const { schedules, damaged } = await unlessAborted(signal, () => call("listSchedules"));
      for (const id of damaged) if (!told.has(id)) log?.warn("a schedule is damaged", { schedule: id });
      damaged.forEach((id) => told.add(id));
      return schedules;
    },
    change: (schedule, change, signal) =>
      waking(
        unlessAborted(signal, () => call("changeSchedule", schedule, change)),
        (changed) => changed !== undefined,
      ),
    start: (schedule, change, signal) =>
      waking(
        unlessAborted(signal, () => call("startSchedule", schedule, change, clock.now())),
        ({ outcome }) => outcome === "started",
      ),
    remove: (id, signal) => waking(unlessAborted(signal, () => call("removeSchedule", id))),
    async takeDuty(duty, forMs, signal) {
      hasDuties = true;
      return unlessAborted(signal, () => call("takeDuty", duty, holder, forMs, clock.now()));
    },
    async dropDuties() {
      if (hasDuties) await call("dropDuties", holder).catch(() => {}); // their time ends by itself
    },
  };
}
