import { randomUUID } from "node:crypto";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

import { LIVE, type ExportJob, type ExportRequest } from "../../core/export/job.ts";
import type { Schedule } from "../../core/export/schedule.ts";
import type { NewSchedule, ScheduleChange, Starting } from "../../core/ports/schedules.ts";
import type { EpochMs } from "../../core/time.ts";
import { scheduleUnknown } from "../rows/job-steps.ts";
import { parseSchedule, readSchedule, type StoredSchedule } from "../rows/schedule-row.ts";

export const SCHEDULE_TABLE = `
  CREATE TABLE IF NOT EXISTS schedule (
    id          TEXT PRIMARY KEY,
    directory   TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    last_export TEXT,              -- the export that was added last
    last_at     INTEGER,           -- when, epoch ms
    last_state  TEXT,              -- how that ended, once it is off the list
    schedule    TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS duty (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,         -- the process that does it
    until  INTEGER NOT NULL       -- unless it asks again, epoch ms
  ) STRICT;
`;

/** What the table of exports does for the one of schedules. */
type Exports = Readonly<{
  atomically<T>(work: () => T): T;
  reading<T>(work: () => T): T;
  /** The live export that has this directory. */
  liveIn(directory: string, now: EpochMs): string | undefined;
  /** Within a transaction. */
  add(request: ExportRequest, now: EpochMs): ExportJob;
}>;

type Row = Readonly<Record<string, SQLOutputValue>>;

/** Schedules, beside the exports that they add. `keepState` is for an export that leaves the list. */
export function scheduleTable(database: DatabaseSync, { atomically, reading, liveIn, add }: Exports) {
  const live = LIVE.map((state) => `'${state}'`).join(", ");
  const columns = `
    SELECT id, revision, schedule, last_export, last_at,
      COALESCE((SELECT state FROM export WHERE export.id = last_export), last_state) AS last_state,
      (SELECT id FROM export WHERE export.directory = schedule.directory AND state IN (${live}) LIMIT 1) AS busy_with
    FROM schedule`;
  const byId = database.prepare(`${columns} WHERE id = ?`);
  const all = database.prepare(`${columns} ORDER BY rowid`);
  const insert = database.prepare("INSERT INTO schedule (id, directory, revision, schedule) VALUES (?, ?, 1, ?)");
  const update = database.prepare(
    "UPDATE schedule SET directory = ?, revision = revision + 1, schedule = ? WHERE id = ? AND revision = ?",
  );
  const setLast = database.prepare("UPDATE schedule SET last_export = ?, last_at = ?, last_state = NULL WHERE id = ?");
  const remove = database.prepare("DELETE FROM schedule WHERE id = ?");
  const keep = database.prepare(
    "UPDATE schedule SET last_state = (SELECT state FROM export WHERE id = last_export) WHERE last_export = ?",
  );

  // Where the clock was set back the time of a holder that is gone would be far ahead.
  const takeDuty = database.prepare(`
    INSERT INTO duty (name, holder, until) VALUES (:name, :holder, :until)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE duty.holder = excluded.holder OR duty.until <= :now OR duty.until > excluded.until`);
  const dropDuties = database.prepare("DELETE FROM duty WHERE holder = ?");

  const rowOf = (id: string): Row => {
    const row = byId.get(id);
    if (row) return row;
    throw scheduleUnknown();
  };

  /** Whether it was still as it was read. */
  const write = (seen: Schedule, change: ScheduleChange): boolean => {
    const { id, revision, lastRun: _, busyWith: __, ...before } = seen;
    const stored: StoredSchedule = { ...before, ...change };
    const { changes } = update.run(stored.request.directory, JSON.stringify(stored), id, revision);
    return Number(changes) === 1;
  };

  const calls = {
    addSchedule(asked: NewSchedule, now: EpochMs): Schedule {
      const id = randomUUID();
      const stored: StoredSchedule = { ...asked, createdAt: now, ran: [] };
      return atomically(() => {
        insert.run(id, stored.request.directory, JSON.stringify(stored));
        return parseSchedule(rowOf(id));
      });
    },

    getSchedule: (id: string): Schedule => parseSchedule(reading(() => rowOf(id))),

    /** `damaged` are the ids of those that were left out. */
    listSchedules(): Readonly<{ schedules: readonly Schedule[]; damaged: readonly string[] }> {
      const rows = reading(() => all.all());
      return {
        schedules: rows.map(readSchedule).filter((schedule) => schedule !== undefined),
        damaged: rows.filter((row) => !readSchedule(row)).map((row) => String(row["id"])),
      };
    },

    changeSchedule: (seen: Schedule, change: ScheduleChange): Schedule | undefined =>
      atomically(() => {
        rowOf(seen.id);
        return write(seen, change) ? parseSchedule(rowOf(seen.id)) : undefined;
      }),

    startSchedule: (seen: Schedule, change: ScheduleChange, now: EpochMs): Starting =>
      atomically(() => {
        const exportId = liveIn(seen.request.directory, now);
        if (exportId !== undefined) return { outcome: "busy", exportId };
        if (!write(seen, change)) return { outcome: "changed" };
        const job = add(seen.request, now);
        setLast.run(job.id, now, seen.id);
        return { outcome: "started", schedule: parseSchedule(rowOf(seen.id)), job };
      }),

    removeSchedule(id: string): void {
      atomically(() => {
        rowOf(id);
        remove.run(id);
      });
    },

    takeDuty: (name: string, holder: string, forMs: number, now: EpochMs): boolean =>
      atomically(() => Number(takeDuty.run({ name, holder, until: now + forMs, now }).changes) === 1),

    dropDuties: (holder: string): void => atomically(() => void dropDuties.run(holder)),
  };

  return { calls, keepState: (exportId: string): void => void keep.run(exportId) };
}
