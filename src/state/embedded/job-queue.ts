import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { refuse } from "../../core/errors.ts";
import {
  granted,
  LIVE,
  mayAsk,
  NO_PROGRESS,
  type ExportJob,
  type ExportState,
  type JobQueue,
  type Lease,
  type Wish,
} from "../../core/job.ts";
import type { Clock, EpochMs } from "../../core/ports.ts";
import { parseJob } from "./job-row.ts";

/** A worker that has not been heard of for this long is dead: its export is taken up by another. */
const LEASE_MS = 10_000;

/** How often a process looks for what other processes did. */
const POLL_MS = 1_000;

/**
 * Exports in an SQLite file of STATE_DIR: durable at every step (WAL, synchronous FULL), shared by the processes of one
 * machine. The job itself is one JSON column; beside it stands only what is searched for.
 */
export function embeddedQueue(folder: string, clock: Clock): JobQueue {
  const path = join(folder, "exports.sqlite");
  const { database, byId, newestFirst, byState, inDirectory, insert, due, update, holder, setWish, wantSignIn } =
    onDisk(path, () => open(path));

  const listeners = new Set<() => void>();
  const wake = (): void => listeners.forEach((listener) => listener());

  /** One writer at a time, across processes; all or nothing. */
  const atomically = <T>(work: () => T): T =>
    onDisk(path, () => {
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK"); // a full disk has rolled back by itself
        throw error;
      }
    });

  const get = (id: string): ExportJob => {
    const row = onDisk(path, () => byId.get(id));
    if (row) return parseJob(row["job"]);
    throw refuse("export_unknown", "There is no such export.", "List the exports to find the right id.");
  };

  const put = (job: ExportJob, dueAt: EpochMs, lease: string | null): void => {
    update.run(job.state, dueAt, lease, null, JSON.stringify(job), job.id);
  };

  const toState = ({ id, request, progress, createdAt }: ExportJob, state: ExportState): ExportJob => ({
    id,
    request,
    progress,
    createdAt,
    updatedAt: clock.now(),
    ...state,
  });

  const rest = (job: ExportJob): void => put(job, job.state === "waiting" ? job.until : 0, null);

  const lease = (job: ExportJob, key: string): Lease => {
    const isHeld = (): boolean => holder.get(job.id)?.["lease"] === key;
    return {
      job,
      beat: (progress) =>
        atomically(() => {
          if (!isHeld()) return "lost";
          const wish = holder.get(job.id)?.["wish"];
          if (wish === "pause" || wish === "cancel") return wish;
          put({ ...toState(job, { state: "running" }), progress }, clock.now() + LEASE_MS, key);
          return "go_on";
        }),
      release: (state, progress) => {
        atomically(() => {
          if (isHeld()) rest({ ...toState(job, state), progress });
        });
        wake();
      },
    };
  };

  return {
    add(request) {
      const now = clock.now();
      const job: ExportJob = {
        id: randomUUID(),
        request,
        progress: NO_PROGRESS,
        createdAt: now,
        updatedAt: now,
        state: "queued",
      };
      atomically(() => {
        const other = inDirectory.get(request.directory);
        if (other)
          throw refuse(
            "directory_busy",
            `Export ${String(other["id"])} is writing to ${request.directory}.`,
            "Follow that export, cancel it, or choose another output directory.",
          );
        insert.run(job.id, request.account.toLowerCase(), request.directory, "queued", now, now, JSON.stringify(job));
      });
      wake();
      return job;
    },
    get,
    counts: () => new Map(onDisk(path, () => byState.all()).map((row) => [String(row["state"]), Number(row["count"])])),
    list: () => onDisk(path, () => newestFirst.all()).map((row) => parseJob(row["job"])),
    take: () =>
      atomically(() => {
        const now = clock.now();
        const row = due.get(now, now);
        if (!row) return undefined;
        const key = randomUUID();
        const job = toState(parseJob(row["job"]), { state: "running" });
        put(job, now + LEASE_MS, key);
        return lease(job, key);
      }),
    ask(id, wish) {
      const job = atomically(() => {
        const found = get(id);
        if (!mayAsk(wish, found.state)) throw notNow(wish, found);
        const leaseEnds = Number(holder.get(id)?.["due_at"]);
        if (found.state === "running" && leaseEnds > clock.now()) {
          setWish.run(wish, id);
          return found;
        }
        const next = toState(found, granted(wish));
        rest(next);
        return next;
      });
      wake();
      return job;
    },
    signedIn(account) {
      atomically(() => {
        for (const row of wantSignIn.all(account.toLowerCase()))
          rest(toState(parseJob(row["job"]), { state: "queued" }));
      });
      wake();
    },
    async changed(signal) {
      const stop = new AbortController();
      const listener = (): void => stop.abort();
      listeners.add(listener);
      try {
        await clock.sleep(POLL_MS, AbortSignal.any([signal, stop.signal]));
      } catch {
        // woken: that is what was waited for
      } finally {
        listeners.delete(listener);
      }
    },
    close: () => database.close(),
  };
}

/** All that is asked of the file. */
function prepare(database: DatabaseSync) {
  const live = LIVE.map((state) => `'${state}'`).join(", ");
  const byId = database.prepare("SELECT job FROM export WHERE id = ?");
  const newestFirst = database.prepare("SELECT job FROM export ORDER BY created_at DESC, rowid DESC");
  const byState = database.prepare("SELECT state, COUNT(*) AS count FROM export GROUP BY state");
  const inDirectory = database.prepare(`SELECT id FROM export WHERE directory = ? AND state IN (${live})`);
  const insert = database.prepare(
    "INSERT INTO export (id, account, directory, state, due_at, created_at, job) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  // A running export whose lease ran out is due, like one that waits; `due_at` of a running one is the end of its lease.
  const due = database.prepare(`
    SELECT job FROM export AS candidate
    WHERE state IN ('queued', 'waiting', 'running') AND due_at <= ?
      AND NOT EXISTS (
        SELECT 1 FROM export AS other
        WHERE other.account = candidate.account AND other.id <> candidate.id AND other.state = 'running' AND other.due_at > ?
      )
    ORDER BY created_at, rowid LIMIT 1`);
  const update = database.prepare("UPDATE export SET state = ?, due_at = ?, lease = ?, wish = ?, job = ? WHERE id = ?");
  const holder = database.prepare("SELECT lease, wish, due_at FROM export WHERE id = ?");
  const setWish = database.prepare("UPDATE export SET wish = ? WHERE id = ?");
  const wantSignIn = database.prepare("SELECT job FROM export WHERE account = ? AND state = 'needs_sign_in'");
  return { database, byId, newestFirst, byState, inDirectory, insert, due, update, holder, setWish, wantSignIn };
}

function open(path: string) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, "", { flag: "a", mode: 0o600 }); // before SQLite makes it with the umask's mode
  const database = new DatabaseSync(path, { timeout: 5_000 });
  try {
    database.exec(SCHEMA);
    return prepare(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS export (
    id         TEXT PRIMARY KEY,
    account    TEXT NOT NULL,     -- lower case
    directory  TEXT NOT NULL,
    state      TEXT NOT NULL,
    due_at     INTEGER NOT NULL,  -- when it may be taken, epoch ms
    lease      TEXT,              -- who runs it
    wish       TEXT,              -- pause or cancel, asked of a running export
    created_at INTEGER NOT NULL,
    job        TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS export_state ON export (state, due_at);
`;

/** What the file system or SQLite refuses becomes a `disk` failure that names the file. */
function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isRefused = error instanceof Error && ("syscall" in error || "errstr" in error);
    if (!isRefused || !("code" in error)) throw error;
    const why = String("errstr" in error ? error.errstr : error.code);
    throw refuse(
      "disk",
      `The list of exports cannot be kept in ${path} (${why}).`,
      "See that there is room and that this user may write there, then do the same again. Exports on disk are not touched.",
      { cause: error },
    );
  }
}

function notNow(wish: Wish, job: ExportJob): Error {
  const asked = wish.replace("_", " ");
  return refuse(
    "not_in_this_state",
    `Export ${job.id} is ${job.state.replaceAll("_", " ")}: it is not possible to ${asked} it now.`,
    "Look at the export's state first.",
  );
}
