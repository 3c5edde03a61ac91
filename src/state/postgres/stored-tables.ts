import { canonicalAccount } from "../../core/account.ts";
import type { JobPosition } from "../../core/ports/job-queue.ts";
import type { ExportEntry, ScheduleEntry } from "../../core/ports/stored-state.ts";
import { dueAtOf } from "../move/at-rest.ts";
import type { Database, Query } from "./database.ts";
import { JOIN_RUN, NOW, rankOf, RUN_STANDING, type Runs } from "./runs.ts";

type ExportRow = ExportEntry & Readonly<{ serial: number }>;

function entryOf(row: ExportRow): ExportEntry {
  const { serial: _, ...entry } = row;
  return entry;
}

/** The tables of exports and schedules for who moves them elsewhere. Before it reads or writes, `runs` is started. */
export function storedTables(database: Database, runs: Runs) {
  /** Exports that may be taken some time are carried by pg-boss. */
  const addRun = async (query: Query, entry: ExportEntry): Promise<string | null> => {
    const dueAt = dueAtOf(entry);
    if (dueAt === undefined) return null;
    return runs.add(query, canonicalAccount(entry.account), rankOf(entry.priority, entry.turns), dueAt, entry.id);
  };

  return {
    async *exports(pageSize: number): AsyncGenerator<readonly ExportEntry[]> {
      let after: JobPosition = { createdAt: Number.MIN_SAFE_INTEGER, serial: 0 };
      for (;;) {
        const rows = await database.query<ExportRow>(
          `SELECT serial::float8 AS serial, id, account, directory, state, wish, priority, turns,
             created_at::float8 AS "createdAt", job
           FROM gmail_export.exports WHERE (created_at, serial) > ($1, $2) ORDER BY created_at, serial LIMIT $3`,
          [after.createdAt, after.serial, pageSize],
        );
        const last = rows.at(-1);
        if (!last) return;
        yield rows.map(entryOf);
        after = last;
      }
    },

    addExports: (entries: readonly ExportEntry[]): Promise<void> =>
      database.transaction(async (query) => {
        for (const entry of entries) {
          const { id, account, directory, state, wish, priority, turns, createdAt, job } = entry;
          await query(
            `INSERT INTO gmail_export.exports (id, account, directory, state, wish, run, priority, turns, created_at, job)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
            [
              id,
              canonicalAccount(account),
              directory,
              state,
              wish,
              await addRun(query, entry),
              priority,
              turns,
              createdAt,
              job,
            ],
          );
        }
        await runs.setAges(
          query,
          entries.map(({ id }) => id),
        );
      }),

    schedules: (): Promise<readonly ScheduleEntry[]> =>
      database.query<ScheduleEntry>(
        `SELECT id, directory, revision, last_export AS "lastExport", last_at::float8 AS "lastAt",
           last_state AS "lastState", schedule
         FROM gmail_export.schedules ORDER BY serial`,
      ),

    addSchedules: (entries: readonly ScheduleEntry[]): Promise<void> =>
      database.transaction(async (query) => {
        for (const { id, directory, revision, lastExport, lastAt, lastState, schedule } of entries)
          await query(
            `INSERT INTO gmail_export.schedules (id, directory, revision, last_export, last_at, last_state, schedule)
             VALUES ($1, $2, $3, $4, $5, $6, $7)`,
            [id, directory, revision, lastExport, lastAt, lastState, schedule],
          );
      }),

    clear: (): Promise<void> =>
      database.transaction(async (query) => {
        await runs.removeAll(query);
        await query("DELETE FROM gmail_export.exports");
        await query("DELETE FROM gmail_export.schedules");
      }),

    /** Whether a worker or a server was heard of that has an export, a directory, a duty or a name. */
    async hasLeases(butFor: string): Promise<boolean> {
      const [found] = await database.query<{ held: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM (SELECT e.state, ${RUN_STANDING} FROM gmail_export.exports AS e ${JOIN_RUN}) AS x
             WHERE x.state = 'running' AND x.is_held)
           OR EXISTS (SELECT 1 FROM gmail_export.holds WHERE until > clock_timestamp())
           OR EXISTS (SELECT 1 FROM gmail_export.duties WHERE until > ${NOW})
           OR EXISTS (SELECT 1 FROM gmail_export.leases WHERE until > clock_timestamp() AND name <> $1) AS held`,
        [butFor],
      );
      return found?.held === true;
    },
  };
}
