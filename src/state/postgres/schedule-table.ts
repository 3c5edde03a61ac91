import { randomUUID } from "node:crypto";

import { LIVE } from "../../core/export/job.ts";
import type { Schedule } from "../../core/export/schedule.ts";
import type { NewSchedule, ScheduleChange, Starting } from "../../core/ports/schedules.ts";
import type { EpochMs } from "../../core/time.ts";
import { scheduleUnknown } from "../rows/job-steps.ts";
import { parseSchedule, readSchedule, type StoredSchedule } from "../rows/schedule-row.ts";
import type { StoredRow } from "../rows/stored-values.ts";
import type { Query } from "./database.ts";
import type { ExportTable } from "./export-table.ts";
import { NOW } from "./runs.ts";

export const SCHEDULE_TABLE = `
  create table gmail_export.schedules (
    serial      bigint generated always as identity primary key,
    id          text not null unique,
    directory   text not null,
    revision    int not null,
    last_export text,             -- the export that was added last
    last_at     bigint,           -- when, epoch ms
    last_state  text,             -- how that ended, once it is off the list
    schedule    text not null
  );
  create index schedules_last on gmail_export.schedules (last_export);
`;

export const DUTY_TABLE = `
  create table gmail_export.duties (
    name   text primary key,
    holder text not null,         -- the process that does it
    until  timestamptz not null   -- unless it asks again
  );
`;

const live = LIVE.map((state) => `'${state}'`).join(", ");
const COLUMNS = `
  SELECT id, revision, schedule, last_export, last_at::float8 AS last_at,
    COALESCE((SELECT state FROM gmail_export.exports AS e WHERE e.id = last_export), last_state) AS last_state,
    (SELECT id FROM gmail_export.exports AS e WHERE e.directory = s.directory AND state IN (${live}) LIMIT 1) AS busy_with
  FROM gmail_export.schedules AS s`;

/** Schedules, beside the exports that they add, each step within the caller's transaction. */
export function scheduleTable({ liveIn, add }: Pick<ExportTable, "liveIn" | "add">) {
  const rowOf = async (query: Query, id: string): Promise<StoredRow> => {
    const [row] = await query<StoredRow>(`${COLUMNS} WHERE s.id = $1`, [id]);
    if (row) return row;
    throw scheduleUnknown();
  };

  /** Whether it was still as it was read. */
  const write = async (query: Query, seen: Schedule, change: ScheduleChange): Promise<boolean> => {
    const { id, revision, lastRun: _, busyWith: __, ...before } = seen;
    const stored: StoredSchedule = { ...before, ...change };
    const written = await query(
      `UPDATE gmail_export.schedules SET directory = $3, revision = revision + 1, schedule = $4
       WHERE id = $1 AND revision = $2 RETURNING id`,
      [id, revision, stored.request.directory, JSON.stringify(stored)],
    );
    return written.length === 1;
  };

  return {
    async add(query: Query, asked: NewSchedule, now: EpochMs): Promise<Schedule> {
      const id = randomUUID();
      const stored: StoredSchedule = { ...asked, createdAt: now, ran: [] };
      await query("INSERT INTO gmail_export.schedules (id, directory, revision, schedule) VALUES ($1, $2, 1, $3)", [
        id,
        stored.request.directory,
        JSON.stringify(stored),
      ]);
      return parseSchedule(await rowOf(query, id));
    },

    get: async (query: Query, id: string): Promise<Schedule> => parseSchedule(await rowOf(query, id)),

    /** `damaged` are the ids of those that were left out. */
    async list(query: Query): Promise<Readonly<{ schedules: readonly Schedule[]; damaged: readonly string[] }>> {
      const rows = await query<StoredRow>(`${COLUMNS} ORDER BY s.serial`);
      return {
        schedules: rows.map(readSchedule).filter((schedule) => schedule !== undefined),
        damaged: rows.filter((row) => !readSchedule(row)).map((row) => String(row["id"])),
      };
    },

    async change(query: Query, seen: Schedule, change: ScheduleChange): Promise<Schedule | undefined> {
      await rowOf(query, seen.id);
      return (await write(query, seen, change)) ? parseSchedule(await rowOf(query, seen.id)) : undefined;
    },

    async start(query: Query, seen: Schedule, change: ScheduleChange, now: EpochMs): Promise<Starting> {
      const exportId = await liveIn(query, seen.request.directory);
      if (exportId !== undefined) return { outcome: "busy", exportId };
      if (!(await write(query, seen, change))) return { outcome: "changed" };
      const job = await add(query, seen.request, now);
      await query("UPDATE gmail_export.schedules SET last_export = $2, last_at = $3, last_state = NULL WHERE id = $1", [
        seen.id,
        job.id,
        now,
      ]);
      return { outcome: "started", schedule: parseSchedule(await rowOf(query, seen.id)), job };
    },

    async remove(query: Query, id: string): Promise<void> {
      await rowOf(query, id);
      await query("DELETE FROM gmail_export.schedules WHERE id = $1", [id]);
    },

    async takeDuty(query: Query, name: string, holder: string, forMs: number): Promise<boolean> {
      const taken = await query(
        `INSERT INTO gmail_export.duties AS held (name, holder, until) VALUES ($1, $2, ${NOW} + $3 * interval '1 ms')
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
         WHERE held.holder = excluded.holder OR held.until <= ${NOW} RETURNING name`,
        [name, holder, forMs],
      );
      return taken.length === 1;
    },

    dropDuties: (query: Query, holder: string): Promise<unknown> =>
      query("DELETE FROM gmail_export.duties WHERE holder = $1", [holder]),

    /** For an export that leaves the list: its schedule goes on telling how it ended. */
    keepState: (query: Query, exportId: string): Promise<unknown> =>
      query(
        `UPDATE gmail_export.schedules
         SET last_state = (SELECT state FROM gmail_export.exports AS e WHERE e.id = last_export) WHERE last_export = $1`,
        [exportId],
      ),
  };
}
