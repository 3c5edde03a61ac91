import type { DatabaseSync } from "node:sqlite";

import { canonicalAccount } from "../../core/account.ts";
import type { JobPosition } from "../../core/ports/job-queue.ts";
import type { ExportEntry, ScheduleEntry } from "../../core/ports/stored-state.ts";
import type { EpochMs } from "../../core/time.ts";
import { dueAtOf } from "../move/at-rest.ts";
import { BUSY_MS, type DatabaseFile } from "./database-file.ts";

/** SQLite's result code for what another connection holds. */
const SQLITE_BUSY = 5;

/** Where the reading of all exports goes on, and what was read. */
type StoredPage = Readonly<{ entries: readonly ExportEntry[]; last: JobPosition | undefined }>;

/** The tables of exports and schedules for who moves them elsewhere. */
export function storedTables({ database, reading, atomically }: DatabaseFile) {
  const page = database.prepare(`
    SELECT rowid, id, account, directory, state, wish, priority, turns, created_at, job FROM export
    WHERE (created_at, rowid) > (?, ?) ORDER BY created_at, rowid LIMIT ?`);
  const allSchedules = database.prepare("SELECT * FROM schedule ORDER BY rowid");
  const insertExport = database.prepare(`
    INSERT INTO export (id, account, directory, state, due_at, wish, priority, turns, created_at, job)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertSchedule = database.prepare(`
    INSERT INTO schedule (id, directory, revision, last_export, last_at, last_state, schedule)
    VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const held = database.prepare(`
    SELECT EXISTS (SELECT 1 FROM export WHERE state = 'running' AND due_at > :now)
      OR EXISTS (SELECT 1 FROM duty WHERE until > :now) AS held`);

  return {
    storedExports(after: JobPosition | undefined, limit: number): StoredPage {
      const { createdAt, serial } = after ?? { createdAt: Number.MIN_SAFE_INTEGER, serial: 0 };
      const rows = reading(() => page.all(createdAt, serial, limit));
      const last = rows.at(-1);
      return {
        entries: rows.map((row) => ({
          id: String(row["id"]),
          account: String(row["account"]),
          directory: String(row["directory"]),
          state: String(row["state"]),
          wish: textOrNull(row["wish"]),
          priority: Number(row["priority"]),
          turns: Number(row["turns"]),
          createdAt: Number(row["created_at"]),
          job: String(row["job"]),
        })),
        last: last && { createdAt: Number(last["created_at"]), serial: Number(last["rowid"]) },
      };
    },

    addStoredExports: (entries: readonly ExportEntry[]): void =>
      atomically(() => {
        for (const entry of entries) {
          const { id, account, directory, state, wish, priority, turns, createdAt, job } = entry;
          const dueAt = dueAtOf(entry) ?? 0;
          const name = canonicalAccount(account);
          insertExport.run(id, name, directory, state, dueAt, wish, priority, turns, createdAt, job);
        }
      }),

    storedSchedules: (): readonly ScheduleEntry[] =>
      reading(() => allSchedules.all()).map((row) => ({
        id: String(row["id"]),
        directory: String(row["directory"]),
        revision: Number(row["revision"]),
        lastExport: textOrNull(row["last_export"]),
        lastAt: row["last_at"] === null ? null : Number(row["last_at"]),
        lastState: textOrNull(row["last_state"]),
        schedule: String(row["schedule"]),
      })),

    addStoredSchedules: (entries: readonly ScheduleEntry[]): void =>
      atomically(() => {
        for (const { id, directory, revision, lastExport, lastAt, lastState, schedule } of entries)
          insertSchedule.run(id, directory, revision, lastExport, lastAt, lastState, schedule);
      }),

    clearStored: (): void => atomically(() => database.exec("DELETE FROM export; DELETE FROM schedule")),

    /** Whether no other process has the file open, nor had an export or a duty whose time goes on. */
    isAtRest: (now: EpochMs): boolean =>
      reading(() => held.get({ now }))?.["held"] === 0 && reading(() => isOpenedByUsAlone(database)),
  };
}

/** Only who is alone may change how the journal is kept: that is tried, and taken back. */
function isOpenedByUsAlone(database: DatabaseSync): boolean {
  database.exec("PRAGMA busy_timeout = 0");
  try {
    database.exec("PRAGMA journal_mode = DELETE");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL`);
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
