import { z } from "zod";

import { refuse } from "../../core/errors.ts";
import { STATE_NAMES } from "../../core/export/job.ts";
import type { Schedule } from "../../core/export/schedule.ts";
import { requestShape } from "./job-row.ts";
import { moment, readJson, type StoredRow } from "./stored-values.ts";

/** What stands in the JSON column; the rest are columns of their own. */
export type StoredSchedule = Omit<Schedule, "id" | "lastRun" | "busyWith" | "revision">;

/** A row may come from another version of this program: what every version wrote is checked, the rest is carried along. */
const shape = z.looseObject({
  request: requestShape,
  cron: z.string(),
  timeZone: z.string(),
  jitterSeconds: z.int().nonnegative(),
  paused: z.boolean(),
  createdAt: moment,
  next: z.looseObject({ at: moment, startAt: moment }).nullable(),
  ran: z.array(z.looseObject({ from: moment, to: moment })),
});

const stateName = z.enum(STATE_NAMES);

/** Throws `internal` where the row is damaged. */
export function parseSchedule(row: StoredRow): Schedule {
  const schedule = readSchedule(row);
  if (!schedule)
    throw refuse(
      "internal",
      "This schedule is damaged, or was written by another version of gmail-export.",
      "Remove it (gmail-export schedule remove) and add it anew: what is on disk is not touched.",
    );
  return schedule;
}

/** Undefined where the row is damaged. */
export function readSchedule(row: StoredRow): Schedule | undefined {
  const stored = readJson(String(row["schedule"]));
  if (!isStored(stored)) return undefined;
  const state = stateName.safeParse(row["last_state"]).data;
  const { last_export: exportId, last_at: at } = row;
  return {
    ...stored,
    id: String(row["id"]),
    lastRun: exportId === null || state === undefined ? null : { at: Number(at), exportId: String(exportId), state },
    busyWith: row["busy_with"] === null ? null : String(row["busy_with"]),
    revision: Number(row["revision"]),
  };
}

function isStored(value: unknown): value is StoredSchedule {
  return shape.safeParse(value).success;
}
