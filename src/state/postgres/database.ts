import pg from "pg";

import { failureOf } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { LEASE_MS } from "../../core/ports/job-queue.ts";
import type { Secret } from "../../core/secret.ts";
import { addressOf, isRepeatable, refusalOf } from "./refusals.ts";

/** Runs one statement, with `$1`, `$2` … in the place of `values`; resolves with its rows. */
export type Query = <Row extends pg.QueryResultRow>(
  sql: string,
  values?: readonly unknown[],
  signal?: AbortSignal,
) => Promise<readonly Row[]>;

/**
 * The PostgreSQL that a deployment's state lies in. Every call ends: with an answer, or after `LIMITS` with the failure
 * `database`, whose retry class says whether it passes by itself. Where its signal aborts the caller gets the reason at
 * once, and what was under way may still be done. A statement that breaks a rule of the database's own rejects with an
 * error whose `code` is the SQLSTATE, and which holds nothing of the values.
 */
export type Database = AsyncDisposable &
  Readonly<{
    /** Host, port and name, for messages; no user, no password. */
    address: string;
    query: Query;
    /** Runs `work` on one connection, all of it or nothing. `work` runs again where the database asked for that (40001, 40P01). */
    transaction<T>(work: (query: Query) => Promise<T>, signal?: AbortSignal): Promise<T>;
    /**
     * Calls `heard` with what is sent to the channel (NOTIFY) until the signal aborts; with undefined once it listens, and
     * each time that it does so again: something may have been missed before.
     */
    listen(channel: string, heard: (payload: string | undefined) => void, signal: AbortSignal): void;
  }>;

/**
 * Milliseconds. An answer may come later than a lease ends: who holds one counts for himself for how long it is certain
 * (pipeline/worker.ts, holds.ts).
 */
const LIMITS = {
  connect: 5_000,
  /** The server ends a statement then. */
  statement: 15_000,
  /** We stop to wait then: the server, or what lies between, may be gone without a word. */
  answer: 20_000,
  /** What a process that stands still within a transaction has locked is free before its exports are taken over. */
  idleInTransaction: LEASE_MS - 2_000,
};

const CONNECTIONS = 10;

/** Milliseconds until it is tried again to listen. */
const LISTEN_AGAIN_MS = 1_000;

/** How often a transaction is tried that another one got into the way of. */
const TRIES = 5;

/** The name under which the database knows our connections. */
export const PROGRAM = "gmail-export";

/** Opens nothing yet: connections are made when they are needed, and given up when they are idle. */
export function openDatabase(url: Secret, clock: Clock, limits = LIMITS, name = PROGRAM): Database {
  const address = addressOf(url);
  const settings: pg.ClientConfig = {
    connectionString: url.reveal(),
    application_name: name,
    connectionTimeoutMillis: limits.connect,
    statement_timeout: limits.statement,
    query_timeout: limits.answer,
    idle_in_transaction_session_timeout: limits.idleInTransaction,
    keepAlive: true,
  };
  const pool = new pg.Pool({ ...settings, max: CONNECTIONS, allowExitOnIdle: true });
  pool.on("error", () => {}); // an idle connection that broke is replaced when one is needed
  const closed = new AbortController();

  /** Runs `work` on a connection of its own; one that broke, or was left before its answer, is not used again. */
  const withConnection = async <T>(work: (query: Query) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    signal?.throwIfAborted();
    const client = await untilAborted(pool.connect(), signal, (late) => late.release()).catch((error: unknown) => {
      throw signal?.aborted === true ? error : refusalOf(error, address);
    });
    client.on("error", ignore); // the statement under way is told it, too
    let isSound = true;
    const query: Query = async <Row extends pg.QueryResultRow>(
      sql: string,
      values: readonly unknown[] = [],
      stop = signal,
    ) => {
      try {
        // Without values by the simple protocol, in which one text may hold several statements; then there are several answers.
        const asked = values.length > 0 ? client.query<Row>(sql, Array.from(values)) : client.query<Row>(sql);
        return [await untilAborted(asked, stop)].flat().flatMap(({ rows }) => rows);
      } catch (error) {
        if (stop?.aborted === true) {
          isSound = false;
          throw error;
        }
        const refusal = refusalOf(error, address);
        if (values.length === 0) isSound = false; // it may have begun a transaction of its own, which nobody ends
        if (failureOf(refusal)?.retry === "backoff") isSound = false;
        throw refusal;
      }
    };
    try {
      return await work(query);
    } finally {
      client.off("error", ignore);
      client.release(!isSound);
    }
  };

  const once = <T>(work: (query: Query) => Promise<T>, signal?: AbortSignal): Promise<T> =>
    withConnection(async (query) => {
      await query("begin");
      try {
        const result = await work(query);
        await query("commit");
        return result;
      } catch (error) {
        await query("rollback").catch(ignore); // a connection that cannot do even that is given up
        throw error;
      }
    }, signal);

  return {
    address,
    query: (sql, values, signal) => withConnection((query) => query(sql, values), signal),
    async transaction(work, signal) {
      for (let tried = 1; ; tried += 1) {
        try {
          return await once(work, signal);
        } catch (error) {
          if (tried >= TRIES || !isRepeatable(error)) throw error;
        }
      }
    },
    listen: (channel, heard, signal) =>
      void keepListening(settings, channel, heard, clock, AbortSignal.any([signal, closed.signal])),
    async [Symbol.asyncDispose]() {
      closed.abort();
      await pool.end();
    },
  };
}

/** Listens on a connection of its own, and again after each loss of it. */
async function keepListening(
  settings: pg.ClientConfig,
  channel: string,
  heard: (payload: string | undefined) => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client(settings);
    const lost = Promise.withResolvers<void>();
    const end = (): void => lost.resolve();
    client.on("error", end);
    client.on("end", end);
    client.on("notification", ({ payload }) => heard(payload ?? ""));
    signal.addEventListener("abort", end, { once: true });
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
      heard(undefined);
      await lost.promise;
    } catch {
      // It is not there just now; who asks it something is told so.
    } finally {
      signal.removeEventListener("abort", end);
      await client.end().catch(ignore);
    }
    await clock.sleep(LISTEN_AGAIN_MS, signal).catch(ignore);
  }
}

/** A promise's result, or the signal's reason as soon as it aborts; what comes later goes to `late`. */
async function untilAborted<T>(promise: Promise<T>, signal?: AbortSignal, late?: (result: T) => void): Promise<T> {
  if (signal === undefined) return promise;
  const aborted = Promise.withResolvers<never>();
  let isOver = false;
  const onAbort = (): void => {
    isOver = true;
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  promise.then((result) => void (isOver && late?.(result)), ignore);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function ignore(): void {}
