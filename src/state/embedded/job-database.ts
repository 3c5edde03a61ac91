import { randomUUID } from "node:crypto";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

import { canonicalAccount } from "../../core/account.ts";
import {
  assertMove,
  LIVE,
  mayAsk,
  NO_PROGRESS,
  stateAfter,
  type ExportJob,
  type ExportRequest,
  type ExportState,
  type Progress,
  type StateName,
  type Wish,
} from "../../core/export/job.ts";
import { LEASE_MS, TURN_MS, type JobPage, type JobPosition, type Lease } from "../../core/ports/job-queue.ts";
import type { EpochMs } from "../../core/time.ts";
import { parseJob, readJob } from "../rows/job-row.ts";
import {
  directoryBusy,
  exportUnknown,
  isLive,
  mayMakeRoom,
  notEnded,
  notInThisState,
  toRunning,
  toState,
  wishIn,
} from "../rows/job-steps.ts";
import { openDatabaseFile, type DatabaseFile } from "./database-file.ts";
import { SCHEDULE_TABLE, scheduleTable } from "./schedule-table.ts";
import { storedTables } from "./stored-tables.ts";

/** An export that was taken, with the key that proves the hold on it. */
export type Taken = Readonly<{ job: ExportJob; key: string }>;

type Row = Readonly<Record<string, SQLOutputValue>>;

/** What the thread of the list does, each call whole or not at all. `now` is the caller's time. */
export type JobDatabase = ReturnType<typeof openJobDatabase>;

/**
 * Exports and schedules in an SQLite file of STATE_DIR. The job itself is one JSON column; beside it stands only what is
 * searched for. Synchronous: runs in a thread of its own.
 */
export function openJobDatabase(path: string) {
  return openDatabaseFile(path, SCHEMA + SCHEDULE_TABLE, (file) => {
    file.atomically(() => addColumns(file.database));
    return jobDatabase(file);
  });
}

/** To a list that was made by an older version. */
function addColumns(database: DatabaseSync): void {
  const there = database.prepare("SELECT name FROM pragma_table_info('export')").all();
  for (const name of ["priority", "turns", "turn_ends_at"].filter((column) =>
    there.every((one) => one["name"] !== column),
  ))
    database.exec(`ALTER TABLE export ADD COLUMN ${name} INTEGER NOT NULL DEFAULT 0`);
}

function jobDatabase(file: DatabaseFile) {
  const { database, reading, atomically } = file;
  const ask = prepare(database);

  const rowOf = (id: string): Row => {
    const row = reading(() => ask.byId.get(id));
    if (row) return row;
    throw exportUnknown();
  };

  const put = (job: ExportJob, from: StateName, dueAt: EpochMs, lease: string | null, wish: string | null): void => {
    const goesOnRunning = lease !== null && from === "running";
    if (!goesOnRunning) assertMove(from, job.state);
    ask.update.run(job.state, dueAt, lease, wish, JSON.stringify(job), job.id);
  };

  /** Nobody runs it, and what was wished has come true. */
  const settle = (from: ExportJob, state: ExportState, now: EpochMs): ExportJob => {
    const job = toState(from, state, now);
    put(job, from.state, job.state === "waiting" ? job.until : 0, null, null);
    return job;
  };

  /** The live export that has this directory, but for the one of this id. */
  const liveIn = (directory: string, now: EpochMs, id?: string): string | undefined => {
    const others = ask.inDirectory.all(directory).filter((row) => row["id"] !== id);
    const other = others.find((row) => readJob(row) !== undefined || isHeld(row, now)); // a damaged one never runs again
    return other && String(other["id"]);
  };

  const assertDirectoryIsFree = (id: string | undefined, directory: string, now: EpochMs): void => {
    const other = liveIn(directory, now, id);
    if (other !== undefined) throw directoryBusy(other, directory);
  };

  /** Within a transaction. */
  const add = (request: ExportRequest, now: EpochMs): ExportJob => {
    const job: ExportJob = {
      id: randomUUID(),
      request,
      progress: NO_PROGRESS,
      createdAt: now,
      updatedAt: now,
      state: "queued",
    };
    const { account, directory, priority } = request;
    ask.insert.run(job.id, account, directory, "queued", now, now, priority ?? 0, JSON.stringify(job));
    return job;
  };

  /** When its turn is over, and more wait that had fewer than make room already. */
  const hasToMakeRoom = (held: Row, progress: Progress, now: EpochMs): boolean => {
    if (Number(held["turn_ends_at"]) > now) return false;
    const id = String(held["id"]);
    ask.endTurn.run(now + TURN_MS, id);
    return mayMakeRoom(progress) && ask.lacksRoom.get({ now, id })?.["lacks"] === 1;
  };

  const schedules = scheduleTable(database, { atomically, reading, liveIn, add });

  return {
    ...schedules.calls,
    ...storedTables(file),

    add: (request: ExportRequest, now: EpochMs): ExportJob =>
      atomically(() => {
        assertDirectoryIsFree(undefined, request.directory, now);
        return add(request, now);
      }),

    get: (id: string): ExportJob => parseJob(rowOf(id)),

    /** `damaged` are the ids of those that were left out. */
    list(limit: number, after: JobPosition | undefined): JobPage & Readonly<{ damaged: readonly string[] }> {
      const { createdAt, serial } = after ?? { createdAt: Number.MAX_SAFE_INTEGER, serial: Number.MAX_SAFE_INTEGER };
      const rows = reading(() => ask.newestFirst.all(createdAt, createdAt, serial, limit + 1));
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        exports: shown.map(readJob).filter((job) => job !== undefined),
        next:
          rows.length > limit && last
            ? { createdAt: Number(last["created_at"]), serial: Number(last["rowid"]) }
            : undefined,
        damaged: shown.filter((row) => !readJob(row)).map((row) => String(row["id"])),
      };
    },

    counts: (): ReadonlyMap<string, number> =>
      new Map(reading(() => ask.byState.all()).map((row) => [String(row["state"]), Number(row["count"])])),

    take(worker: string, now: EpochMs): Taken | undefined {
      return atomically(() => {
        for (const row of ask.due.all({ now })) {
          const found = readJob(row);
          if (!found) continue; // it blocks nobody
          const wish = wishIn(row);
          if (wish !== undefined) {
            settle(found, stateAfter(wish), now); // its worker died before it heard of it
            continue;
          }
          const key = randomUUID();
          const job = toRunning(found, { id: worker, since: now }, found.progress, now);
          put(job, found.state, now + LEASE_MS, key, null);
          ask.beginTurn.run(now + TURN_MS, job.id);
          return { job, key };
        }
        return undefined;
      });
    },

    beat({ job, key }: Taken, progress: Progress, now: EpochMs): Awaited<ReturnType<Lease["beat"]>> {
      return atomically(() => {
        const held = ask.byId.get(job.id);
        if (held?.["lease"] !== key) return "lost";
        const isToMakeRoom = held["wish"] === "make_room" || hasToMakeRoom(held, progress, now);
        const wish = wishIn(held) ?? (isToMakeRoom ? "make_room" : undefined);
        const running = toRunning(job, job.worker!, progress, now);
        put(running, "running", now + LEASE_MS, key, wish ?? null);
        return wish ?? "go_on";
      });
    },

    release({ job, key }: Taken, state: ExportState, progress: Progress, now: EpochMs): void {
      atomically(() => {
        const held = ask.byId.get(job.id);
        if (held?.["lease"] !== key) return;
        const wish = wishIn(held);
        const isUnheard = wish !== undefined && isLive(state);
        settle({ ...job, progress }, isUnheard ? stateAfter(wish) : state, now);
      });
    },

    ask(id: string, wish: Wish, now: EpochMs): ExportJob {
      return atomically(() => {
        const row = rowOf(id);
        const found = parseJob(row);
        if (!mayAsk(wish, found.state)) throw notInThisState(wish, found);
        if (isHeld(row, now)) {
          if (wishIn(row) !== "cancel") ask.setWish.run(wish, id); // what is to stop for good is not paused
          return found;
        }
        const next = stateAfter(wish);
        if (isLive(next)) assertDirectoryIsFree(id, found.request.directory, now);
        return settle(found, next, now);
      });
    },

    remove(id: string, now: EpochMs): void {
      atomically(() => {
        const row = rowOf(id);
        const job = readJob(row);
        if (job ? isLive(job) : isHeld(row, now)) throw notEnded(id);
        schedules.keepState(id);
        ask.remove.run(id);
      });
    },

    signedIn(account: string, now: EpochMs): void {
      atomically(() => {
        for (const row of ask.wantSignIn.all(account)) {
          const job = readJob(row);
          if (job) settle(job, { state: "queued" }, now);
        }
      });
    },

    close: (): void => database.close(),
  };
}

/** A worker runs it, and has been heard of. */
function isHeld(row: Row, now: EpochMs): boolean {
  return row["state"] === "running" && Number(row["due_at"]) > now;
}

/** All that is asked of the file. */
function prepare(database: DatabaseSync) {
  // Older versions stored the address in lower case, as it was typed.
  database.function("canonical_account", { deterministic: true }, (account) => canonicalAccount(String(account)));
  const live = LIVE.map((state) => `'${state}'`).join(", ");
  const byId = database.prepare("SELECT id, job, state, lease, wish, due_at, turn_ends_at FROM export WHERE id = ?");
  const newestFirst = database.prepare(`
    SELECT rowid, id, state, job, created_at FROM export
    WHERE created_at < ? OR (created_at = ? AND rowid < ?)
    ORDER BY created_at DESC, rowid DESC LIMIT ?`);
  const byState = database.prepare("SELECT state, COUNT(*) AS count FROM export GROUP BY state");
  const inDirectory = database.prepare(
    `SELECT id, state, due_at, job FROM export WHERE directory = ? AND state IN (${live})`,
  );
  const insert = database.prepare(
    "INSERT INTO export (id, account, directory, state, due_at, created_at, priority, job) VALUES (?, canonical_account(?), ?, ?, ?, ?, ?, ?)",
  );
  // A running export whose lease ran out is due, like one that waits; `due_at` of a running one is the end of its lease.
  const canGoOn = `
    candidate.state IN ('queued', 'waiting', 'running') AND candidate.due_at <= :now
      AND NOT EXISTS (
        SELECT 1 FROM export AS other
        WHERE canonical_account(other.account) = canonical_account(candidate.account) AND other.id <> candidate.id
          AND other.state = 'running' AND other.due_at > :now
      )`;
  const due = database.prepare(`
    SELECT state, job, wish FROM export AS candidate WHERE ${canGoOn}
    ORDER BY priority DESC, turns, created_at, rowid`);
  const beginTurn = database.prepare("UPDATE export SET turn_ends_at = ? WHERE id = ?");
  const endTurn = database.prepare("UPDATE export SET turns = turns + 1, turn_ends_at = ? WHERE id = ?");
  // Those that may have its place, less those that are making room already.
  const lacksRoom = database.prepare(`
    SELECT (
      SELECT COUNT(*) FROM export AS candidate WHERE ${canGoOn}
        AND (candidate.priority > mine.priority OR candidate.priority = mine.priority AND candidate.turns < mine.turns)
    ) > (
      SELECT COUNT(*) FROM export WHERE state = 'running' AND wish = 'make_room' AND due_at > :now
    ) AS lacks FROM export AS mine WHERE id = :id`);
  const update = database.prepare("UPDATE export SET state = ?, due_at = ?, lease = ?, wish = ?, job = ? WHERE id = ?");
  const setWish = database.prepare("UPDATE export SET wish = ? WHERE id = ?");
  const remove = database.prepare("DELETE FROM export WHERE id = ?");
  const wantSignIn = database.prepare(
    "SELECT state, job FROM export WHERE canonical_account(account) = canonical_account(?) AND state = 'needs_sign_in'",
  );
  return {
    byId,
    newestFirst,
    byState,
    inDirectory,
    insert,
    due,
    beginTurn,
    endTurn,
    lacksRoom,
    update,
    setWish,
    remove,
    wantSignIn,
  };
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS export (
    id         TEXT PRIMARY KEY,
    account    TEXT NOT NULL,     -- lower case, in one spelling
    directory  TEXT NOT NULL,
    state      TEXT NOT NULL,
    due_at     INTEGER NOT NULL,  -- when it may be taken, epoch ms
    lease      TEXT,              -- who runs it
    wish       TEXT,              -- pause or cancel, asked of a running export; or make_room
    created_at INTEGER NOT NULL,
    job        TEXT NOT NULL,
    priority   INTEGER NOT NULL DEFAULT 0,
    turns      INTEGER NOT NULL DEFAULT 0,    -- how many it has had
    turn_ends_at INTEGER NOT NULL DEFAULT 0   -- of the one under way, epoch ms
  ) STRICT;
  CREATE INDEX IF NOT EXISTS export_state ON export (state, due_at);
`;
