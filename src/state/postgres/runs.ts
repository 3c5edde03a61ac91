import { PgBoss } from "pg-boss";

import { LEASE_MS } from "../../core/ports/job-queue.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Database, Query } from "./database.ts";

/** The queue of pg-boss, and the schema that its tables lie in. */
export const QUEUE = "exports";
export const SCHEMA = "pgboss";

/** The database's time as pg-boss reads it: of the transaction's begin. */
export const NOW = `${SCHEMA}.job_now()`;

/** pg-boss calls a run that is longer than this failed, and allows no more. */
const LONGEST_RUN_S = 24 * 3_600;

/** An export may wait as long as it takes. */
const KEEP_WAITING_S = 10 * 365 * 24 * 3_600;

/** What has ended is kept so long for pg-boss' dashboard. */
const KEEP_ENDED_S = 7 * 24 * 3_600;

/** Who makes pg-boss' tables. Any number that nobody else locks. */
const LOCK = 7_661_697_110;

/** More turns than this are told apart no more. */
const MOST_TURNS = 99_999;

/** A run that was taken; `attempt` proves the hold on it, since whoever takes it next raises it. */
export type HeldRun = Readonly<{ run: string; attempt: number }>;

/** How a run stands: its state with pg-boss, null where it is gone, and whether its worker has been heard of. */
export type RunStanding = Readonly<{ run: string | null; run_state: string | null; is_held: boolean }>;

/** The columns of `RunStanding`; of exports `e`, joined with `JOIN_RUN`. */
export const RUN_STANDING = `e.run, r.state::text AS run_state, COALESCE(
  r.state = 'active' AND r.heartbeat_on + interval '${LEASE_MS} milliseconds' > ${NOW}, false) AS is_held`;
export const JOIN_RUN = `LEFT JOIN ${SCHEMA}.job AS r ON r.name = '${QUEUE}' AND r.id = e.run`;

/**
 * pg-boss carries the exports: which is next, by priority and age; one of an account at a time (policy `singleton`); who
 * waits until when; who runs and was heard of last (heartbeat). All else of an export is in tables of ours. Every call is
 * part of the caller's transaction, so that both always say the same.
 */
export type Runs = ReturnType<typeof createRuns>;

export function createRuns(database: Pick<Database, "query" | "transaction">, onError: (error: unknown) => void) {
  const executor = (query: Query) => ({
    db: { executeSql: async (text: string, values?: unknown[]) => ({ rows: [...(await query(text, values))] }) },
  });
  const boss = new PgBoss({ ...executor(database.query), schema: SCHEMA, supervise: false, schedule: false });
  boss.on("error", onError);
  let started: Promise<void> | undefined;

  const makeReady = async (query: Query): Promise<void> => {
    await query("SELECT pg_advisory_xact_lock($1)", [LOCK]); // pg-boss locks only what it does when it has looked
    await boss.start();
    await boss.createQueue(QUEUE, {
      policy: "singleton",
      heartbeatSeconds: LEASE_MS / 1_000,
      expireInSeconds: LONGEST_RUN_S,
      retentionSeconds: KEEP_WAITING_S,
      deleteAfterSeconds: KEEP_ENDED_S,
      retryLimit: 1_000_000_000,
      retryDelay: 0,
    });
  };

  const add = async (query: Query, account: string, rank: number, startAt: EpochMs, id: string): Promise<string> => {
    const options = { singletonKey: account, priority: rank, startAfter: new Date(startAt) };
    const run = await boss.send(QUEUE, { export: id }, { ...options, ...executor(query) });
    if (run === null) throw new Error("pg-boss did not take an export");
    return run;
  };

  return {
    /** Makes what pg-boss needs in the database, once, one process after the other; again where that failed. */
    start(): Promise<void> {
      started ??= database.transaction(makeReady).catch((error: unknown) => {
        started = undefined;
        throw error;
      });
      return started;
    },

    add,

    /** The next that can run, now running; undefined where there is none. */
    async take(query: Query): Promise<HeldRun | undefined> {
      const [job] = await boss.fetch(QUEUE, executor(query));
      return job && { run: job.id, attempt: retriesOf(job) };
    },

    /** False where somebody else has it, or nobody may. */
    async keep(query: Query, { run, attempt }: HeldRun): Promise<boolean> {
      const touched = await boss.touch(QUEUE, { id: run, retryCount: attempt }, executor(query));
      return "affected" in touched && touched.affected === 1; // which its types leave out
    },

    /** Takes a run from a worker that was not heard of: anybody may take it now. */
    async free(query: Query, { run, attempt }: HeldRun): Promise<void> {
      const why = { reason: "its worker was not heard of" };
      await boss.fail(QUEUE, { id: run, retryCount: attempt }, why, executor(query));
    },

    /** Lets it be taken from `startAt` on, whatever it did before; gives back its run, which is another where the old one has ended. */
    async enqueue(
      query: Query,
      { run, run_state: state }: RunStanding,
      account: string,
      rank: number,
      startAt: EpochMs,
      id: string,
    ): Promise<string> {
      const as = executor(query);
      if (run !== null) {
        if (state === "active") await boss.fail(QUEUE, run, { reason: "given back" }, as);
        if (state === "cancelled") await boss.resume(QUEUE, run, as);
        // So it keeps its place: pg-boss orders by when a job was made.
        const options = { id: run, priority: rank, startAfter: new Date(startAt).toISOString(), ...as };
        if ((await boss.update(QUEUE, undefined, options)).updated === 1) return run;
      }
      return add(query, account, rank, startAt, id);
    },

    /** It is not to be taken; a later `enqueue` may change that. */
    async withdraw(query: Query, { run, run_state: state }: RunStanding): Promise<void> {
      if (run !== null && state !== null) await boss.cancel(QUEUE, run, executor(query));
    },

    /** It came to an end, which pg-boss' dashboard is to show. */
    async complete(query: Query, { run }: RunStanding, output: object): Promise<void> {
      if (run !== null) await boss.complete(QUEUE, run, output, { ...executor(query), includeQueued: true });
    },

    /** Forgets all runs. */
    removeAll: (query: Query): Promise<unknown> => query(`DELETE FROM ${SCHEMA}.job WHERE name = $1`, [QUEUE]),

    /** Runs that were added just now stand among the others as their exports do, by age: pg-boss orders by when one was made. */
    setAges: (query: Query, ids: readonly string[]): Promise<unknown> =>
      query(
        `UPDATE ${SCHEMA}.job AS r
         SET created_on = to_timestamp(e.created_at / 1000.0) + e.serial % 1000 * interval '1 microsecond'
         FROM gmail_export.exports AS e WHERE r.name = $1 AND r.id = e.run AND e.id = ANY($2)`,
        [QUEUE, ids],
      ),

    /** Removes what has ended long ago, and counts for the dashboard; one process at a time does so. */
    maintain: (): Promise<void> => boss.supervise(QUEUE),

    async close(): Promise<void> {
      if (started === undefined) return;
      await started.catch(() => {});
      await boss.stop({ graceful: false, close: false });
    },
  };
}

/** The priority that pg-boss knows: what was asked for counts first, then who had fewer turns. */
export function rankOf(priority: number, turns: number): number {
  return priority * (MOST_TURNS + 1) - Math.min(turns, MOST_TURNS);
}

/** How often it was taken before. */
function retriesOf(job: object): number {
  if ("retryCount" in job && typeof job.retryCount === "number") return job.retryCount;
  throw new Error("pg-boss did not tell the attempt");
}
