/*
 * Each step changes an export's row, its wish and its run in pg-boss together; the steps share how that is read and written
 * and must agree on it, so they stay in one file though it is long.
 */

import { randomUUID } from "node:crypto";

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
import type { Query } from "./database.ts";
import {
  JOIN_RUN,
  NOW,
  QUEUE,
  rankOf,
  RUN_STANDING,
  SCHEMA,
  type HeldRun,
  type Runs,
  type RunStanding,
} from "./runs.ts";

export const EXPORT_TABLE = `
  create table gmail_export.exports (
    serial       bigint generated always as identity primary key,
    id           text not null unique,
    account      text not null,               -- in one spelling
    directory    text not null,
    state        text not null,
    wish         text,                        -- pause or cancel, asked of a running export; or make_room
    run          uuid,                        -- the job of pg-boss that carries it
    priority     int not null,
    turns        int not null default 0,      -- how many it has had
    turn_ends_at bigint not null default 0,   -- of the one under way, epoch ms
    created_at   bigint not null,             -- epoch ms
    job          text not null
  );
  create index exports_newest on gmail_export.exports (created_at, serial);
  create index exports_state on gmail_export.exports (state);
  create index exports_directory on gmail_export.exports (directory);
  create index exports_run on gmail_export.exports (run);
`;

/** An export that was taken. */
export type Taken = Readonly<{ job: ExportJob; held: HeldRun }>;

/** Whoever changes what may be taken does so one after the other. Any number that nobody else locks. */
const LOCK = 7_661_697_109;

/** pg-boss ends a run after a day; before that it makes room for itself. */
const LONGEST_RUN_MS = 12 * 3_600_000;

type Row = RunStanding &
  Readonly<{
    id: string;
    account: string;
    state: string;
    wish: string | null;
    priority: number;
    turns: number;
    turn_ends_at: number;
    job: string;
  }>;

const COLUMNS = `e.id, e.account, e.state, e.wish, e.priority, e.turns, e.turn_ends_at::float8 AS turn_ends_at, e.job`;
const STANDING = `SELECT ${COLUMNS}, ${RUN_STANDING} FROM gmail_export.exports AS e ${JOIN_RUN}`;
const LIVE_STATES = LIVE.map((state) => `'${state}'`).join(", ");

export type ExportTable = ReturnType<typeof exportTable>;

/** Exports, each step within the caller's transaction. */
export function exportTable(runs: Runs) {
  const findRow = async (query: Query, id: string): Promise<Row | undefined> =>
    (await query<Row>(`${STANDING} WHERE e.id = $1 FOR UPDATE OF e`, [id]))[0];
  const rowOf = async (query: Query, id: string): Promise<Row> => {
    const row = await findRow(query, id);
    if (row) return row;
    throw exportUnknown();
  };

  const write = (query: Query, job: ExportJob, run: string | null, wish: string | null): Promise<unknown> =>
    query("UPDATE gmail_export.exports SET state = $2, wish = $3, run = $4, job = $5 WHERE id = $1", [
      job.id,
      job.state,
      wish,
      run,
      JSON.stringify(job),
    ]);

  /** Nobody runs it, and what was wished has come true. */
  const settle = async (
    query: Query,
    row: Row,
    found: ExportJob,
    state: ExportState,
    now: EpochMs,
  ): Promise<ExportJob> => {
    const job = toState(found, state, now);
    assertMove(found.state, job.state);
    let { run } = row;
    switch (job.state) {
      case "queued":
      case "waiting": {
        const startAt = job.state === "waiting" ? job.until : now;
        run = await runs.enqueue(query, row, row.account, rankOf(row.priority, row.turns), startAt, row.id);
        break;
      }
      case "paused":
      case "needs_sign_in":
      case "cancelled":
        await runs.withdraw(query, row);
        break;
      case "completed":
      case "completed_with_failures":
      case "failed":
        await runs.complete(query, row, endOf(job));
        break;
      case "running":
        throw new Error("an export that somebody runs is not settled");
    }
    await write(query, job, run, null);
    return job;
  };

  /** The live export that has this directory, but for the one of this id. */
  const liveIn = async (query: Query, directory: string, id?: string): Promise<string | undefined> => {
    const rows = await query<Row>(`${STANDING} WHERE e.directory = $1 AND e.state IN (${LIVE_STATES})`, [directory]);
    // A damaged one never runs again.
    return rows.find((row) => row.id !== id && (readJob(row) !== undefined || isHeld(row)))?.id;
  };

  const assertDirectoryIsFree = async (query: Query, directory: string, id?: string): Promise<void> => {
    const other = await liveIn(query, directory, id);
    if (other !== undefined) throw directoryBusy(other, directory);
  };

  const add = async (query: Query, request: ExportRequest, now: EpochMs): Promise<ExportJob> => {
    const id = randomUUID();
    const job = { id, request, progress: NO_PROGRESS, createdAt: now, updatedAt: now, state: "queued" } as const;
    const { directory, priority = 0 } = request;
    const account = canonicalAccount(request.account);
    const run = await runs.add(query, account, rankOf(priority, 0), now, id);
    await query(
      `INSERT INTO gmail_export.exports (id, account, directory, state, run, priority, created_at, job)
       VALUES ($1, $2, $3, 'queued', $4, $5, $6, $7)`,
      [id, account, directory, run, priority, now, JSON.stringify(job)],
    );
    return job;
  };

  /** What a worker that was not heard of had, somebody else may take. One that beats just now is no such worker. */
  const freeUnheard = async (query: Query): Promise<void> => {
    const unheard = await query<HeldRun>(
      `SELECT e.run, r.retry_count AS attempt FROM gmail_export.exports AS e ${JOIN_RUN}
       WHERE e.state = 'running' AND r.state = 'active'
         AND r.heartbeat_on + interval '${LEASE_MS} milliseconds' <= ${NOW} FOR UPDATE OF e SKIP LOCKED`,
    );
    for (const held of unheard) await runs.free(query, held);
  };

  /** Those that wait with a job of pg-boss that is gone, by whatever was done to its tables, are given another. */
  const mend = async (query: Query, now: EpochMs): Promise<boolean> => {
    const rows = await query<Row>(
      `${STANDING} WHERE e.state IN ('queued', 'waiting', 'running')
         AND COALESCE(r.state NOT IN ('created', 'retry', 'active'), true) FOR UPDATE OF e SKIP LOCKED`,
    );
    let isMended = false;
    for (const row of rows) {
      const job = readJob(row);
      if (!job) continue;
      const startAt = job.state === "waiting" ? job.until : now;
      const run = await runs.enqueue(query, row, row.account, rankOf(row.priority, row.turns), startAt, row.id);
      await query("UPDATE gmail_export.exports SET run = $2 WHERE id = $1", [row.id, run]);
      isMended = true;
    }
    return isMended;
  };

  const takeNext = async (query: Query, worker: string, now: EpochMs): Promise<Taken | undefined> => {
    for (;;) {
      const held = await runs.take(query);
      if (!held) return undefined;
      const [row] = await query<Row>(`${STANDING} WHERE e.run = $1 FOR UPDATE OF e`, [held.run]);
      const found = row && readJob(row);
      if (!row || !found || !["queued", "waiting", "running"].includes(found.state)) {
        await runs.withdraw(query, { run: held.run, run_state: "active", is_held: true }); // it blocks nobody
        continue;
      }
      const wish = wishIn(row);
      if (wish !== undefined) {
        await settle(query, row, found, stateAfter(wish), now); // its worker died before it heard of it
        continue;
      }
      if (found.state !== "running") assertMove(found.state, "running");
      const job = toRunning(found, { id: worker, since: now }, found.progress, now);
      await write(query, job, held.run, null);
      await query("UPDATE gmail_export.exports SET turn_ends_at = $2 WHERE id = $1", [job.id, now + TURN_MS]);
      return { job, held };
    }
  };

  /** When its turn is over, and more wait that had fewer than make room already. */
  const hasToMakeRoom = async (query: Query, row: Row, progress: Progress, now: EpochMs): Promise<boolean> => {
    if (row.turn_ends_at > now) return false;
    const [lock] = await query<{ is_mine: boolean }>("SELECT pg_try_advisory_xact_lock($1) AS is_mine", [LOCK]);
    if (!lock?.is_mine) return false; // somebody takes one just now: asked again at the next beat
    const turns = row.turns + 1;
    await query("UPDATE gmail_export.exports SET turns = $2, turn_ends_at = $3 WHERE id = $1", [
      row.id,
      turns,
      now + TURN_MS,
    ]);
    if (!mayMakeRoom(progress)) return false;
    const [room] = await query<{ lacks: boolean }>(
      `SELECT (
         SELECT count(*) FROM ${SCHEMA}.job AS candidate
         WHERE name = '${QUEUE}' AND state IN ('created', 'retry') AND start_after <= ${NOW} AND priority > $1
           AND NOT EXISTS (
             SELECT 1 FROM ${SCHEMA}.job AS other
             WHERE other.name = '${QUEUE}' AND other.state = 'active' AND other.singleton_key = candidate.singleton_key
           )
       ) > (
         SELECT count(*) FROM gmail_export.exports AS e ${JOIN_RUN}
         WHERE e.state = 'running' AND e.wish = 'make_room' AND r.state = 'active'
       ) AS lacks`,
      [rankOf(row.priority, turns)],
    );
    return room?.lacks === true;
  };

  return {
    liveIn,
    add,

    /** The transaction's own time; changes of what may be taken are made one after the other from here on. */
    async begin(query: Query): Promise<EpochMs> {
      await query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      return timeOf(query);
    },

    async addNew(query: Query, request: ExportRequest, now: EpochMs): Promise<ExportJob> {
      await assertDirectoryIsFree(query, request.directory);
      return add(query, request, now);
    },

    async get(query: Query, id: string): Promise<ExportJob> {
      const [row] = await query<{ state: string; job: string }>(
        "SELECT state, job FROM gmail_export.exports WHERE id = $1",
        [id],
      );
      if (!row) throw exportUnknown();
      return parseJob(row);
    },

    /** `damaged` are the ids of those that were left out. */
    async list(
      query: Query,
      limit: number,
      after: JobPosition | undefined,
    ): Promise<JobPage & Readonly<{ damaged: readonly string[] }>> {
      const { createdAt, serial } = after ?? { createdAt: Number.MAX_SAFE_INTEGER, serial: Number.MAX_SAFE_INTEGER };
      const rows = await query<{ serial: number; id: string; state: string; job: string; created_at: number }>(
        `SELECT serial::float8 AS serial, id, state, job, created_at::float8 AS created_at FROM gmail_export.exports
         WHERE (created_at, serial) < ($1, $2) ORDER BY created_at DESC, serial DESC LIMIT $3`,
        [createdAt, serial, limit + 1],
      );
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        exports: shown.map(readJob).filter((job) => job !== undefined),
        next: rows.length > limit && last ? { createdAt: last.created_at, serial: last.serial } : undefined,
        damaged: shown.filter((row) => !readJob(row)).map(({ id }) => id),
      };
    },

    async counts(query: Query): Promise<ReadonlyMap<string, number>> {
      const rows = await query<{ state: string; count: number }>(
        "SELECT state, count(*)::float8 AS count FROM gmail_export.exports GROUP BY state",
      );
      return new Map(rows.map(({ state, count }) => [state, count]));
    },

    async take(query: Query, worker: string, now: EpochMs, mends: boolean): Promise<Taken | undefined> {
      await freeUnheard(query);
      const taken = await takeNext(query, worker, now);
      return taken ?? (mends && (await mend(query, now)) ? takeNext(query, worker, now) : undefined);
    },

    /**
     * Needs no `begin`. It is not waited for until this is on the server's disk: where the server loses it, that is less than a
     * second of the lease, and no worker believes in its last two.
     */
    async beat(query: Query, { job, held }: Taken, progress: Progress): Promise<Awaited<ReturnType<Lease["beat"]>>> {
      const [row] = await query<Row & { now: number }>(
        `SELECT ${COLUMNS}, e.run, r.state::text AS run_state, true AS is_held, ${EPOCH_MS} AS now,
           set_config('synchronous_commit', 'off', true)
         FROM gmail_export.exports AS e ${JOIN_RUN} WHERE e.id = $1 FOR UPDATE OF e`,
        [job.id],
      );
      if (row?.run !== held.run || !(await runs.keep(query, held))) return "lost";
      const isTooLong = job.worker !== undefined && row.now - job.worker.since > LONGEST_RUN_MS;
      const isToMakeRoom =
        row.wish === "make_room" || isTooLong || (await hasToMakeRoom(query, row, progress, row.now));
      const wish = wishIn(row) ?? (isToMakeRoom ? "make_room" : undefined);
      await write(query, toRunning(job, job.worker!, progress, row.now), held.run, wish ?? null);
      return wish ?? "go_on";
    },

    /** False where the hold was lost. */
    async release(query: Query, { job, held }: Taken, state: ExportState, progress: Progress): Promise<boolean> {
      const now = await timeOf(query);
      const row = await findRow(query, job.id); // it may have been taken off the list meanwhile
      if (row?.run !== held.run || !(await runs.keep(query, held))) return false;
      const wish = wishIn(row);
      const isUnheard = wish !== undefined && isLive(state);
      await settle(query, row, { ...job, progress }, isUnheard ? stateAfter(wish) : state, now);
      return true;
    },

    async ask(query: Query, id: string, wish: Wish, now: EpochMs): Promise<ExportJob> {
      const row = await rowOf(query, id);
      const found = parseJob(row);
      if (!mayAsk(wish, found.state)) throw notInThisState(wish, found);
      if (isHeld(row)) {
        if (wishIn(row) !== "cancel")
          // what is to stop for good is not paused
          await query("UPDATE gmail_export.exports SET wish = $2 WHERE id = $1", [id, wish]);
        return found;
      }
      const next = stateAfter(wish);
      if (isLive(toState(found, next, now))) await assertDirectoryIsFree(query, found.request.directory, id);
      return settle(query, row, found, next, now);
    },

    async remove(query: Query, id: string): Promise<void> {
      const row = await rowOf(query, id);
      const job = readJob(row);
      if (job ? isLive(job) : isHeld(row)) throw notEnded(id);
      await runs.withdraw(query, row); // a damaged one may still wait
      await query("DELETE FROM gmail_export.exports WHERE id = $1", [id]);
    },

    async signedIn(query: Query, account: string, now: EpochMs): Promise<void> {
      const rows = await query<Row>(`${STANDING} WHERE e.account = $1 AND e.state = 'needs_sign_in' FOR UPDATE OF e`, [
        canonicalAccount(account),
      ]);
      for (const row of rows) {
        const job = readJob(row);
        if (job) await settle(query, row, job, { state: "queued" }, now);
      }
    },
  };
}

const EPOCH_MS = `floor(extract(epoch FROM ${NOW}) * 1000)::float8`;

async function timeOf(query: Query): Promise<EpochMs> {
  const [row] = await query<{ now: number }>(`SELECT ${EPOCH_MS} AS now`);
  return row!.now;
}

/** A worker runs it, and has been heard of. */
function isHeld(row: Pick<Row, "state" | "is_held">): boolean {
  return row.state === "running" && row.is_held;
}

/** What pg-boss' dashboard shows of an export that ended: no address, no query. */
function endOf(job: ExportJob): object {
  const { listed, exported, gone, failed, spent } = job.progress;
  const code = "failure" in job ? { code: job.failure.code } : {};
  return { state: job.state, ...code, listed, exported, gone, failed, units: spent.units };
}
