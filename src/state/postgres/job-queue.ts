import { randomUUID } from "node:crypto";

import { failureOf } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { JobQueue, Lease } from "../../core/ports/job-queue.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Schedules } from "../../core/ports/schedules.ts";
import type { EpochMs } from "../../core/time.ts";
import { unlessAborted } from "../unless-aborted.ts";
import type { Database, Query } from "./database.ts";
import { exportTable, type Taken } from "./export-table.ts";
import { createRuns } from "./runs.ts";
import { scheduleTable } from "./schedule-table.ts";

/** How often a process looks for what others did, beside what it hears of. */
const POLL_MS = 1_000;

/** Who is told that an export may have changed. */
const CHANNEL = "gmail_export_exports";

/** How often one of the processes that take exports looks after pg-boss' tables, in the database's time. */
const MAINTAIN_MS = 60_000;

/** How often it is looked for exports whose job is gone from pg-boss' tables. */
const MEND_MS = 10_000;

/**
 * The list of exports and the schedules that add to it, in PostgreSQL, for any number of processes on any number of
 * machines; carried by pg-boss. The database's clock decides, and no other. `worker` is the name under which this process
 * runs exports. What is damaged in the list is left out, and told to the log.
 */
export function postgresJobQueue(
  database: Database,
  clock: Clock,
  log?: Pick<Log, "warn">,
  worker = "worker",
): JobQueue & Readonly<{ schedules: Schedules }> {
  const runs = createRuns(database, (error) =>
    log?.warn("the tables of exports cannot be looked after", { code: failureOf(error)?.code ?? "internal" }),
  );
  const exports = exportTable(runs);
  const schedules = scheduleTable(exports);
  const closed = new AbortController();
  const told = new Set<string>();
  const tellDamaged = (event: string, field: "export" | "schedule", damaged: readonly string[]): void => {
    for (const id of damaged) if (!told.has(id)) log?.warn(event, { [field]: id });
    damaged.forEach((id) => told.add(id));
  };

  /** Of this process: what it did itself it knows already. */
  const name = randomUUID();
  const listeners = new Set<() => void>();
  const wake = (): void => listeners.forEach((listener) => listener());
  let listens = false;
  let hasDuties = false;

  /** Where nothing of pg-boss is asked for: who only looks starts none of it. */
  const reading = async <T>(work: (query: Query) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    signal?.throwIfAborted();
    return work((sql, values) => database.query(sql, values, signal));
  };
  const changing = async <T>(
    work: (query: Query) => Promise<T>,
    signal?: AbortSignal,
    isChange: (result: T) => boolean = () => true,
  ): Promise<T> => {
    signal?.throwIfAborted();
    await unlessAborted(signal, () => runs.start());
    const result = await database.transaction(async (query) => {
      const done = await work(query);
      if (isChange(done)) await query("SELECT pg_notify($1, $2)", [CHANNEL, name]);
      return done;
    }, signal);
    if (isChange(result)) wake();
    return result;
  };
  const inTurn =
    <T>(work: (query: Query, now: EpochMs) => Promise<T>) =>
    async (query: Query): Promise<T> =>
      work(query, await exports.begin(query));

  const leaseOf = (taken: Taken): Lease => ({
    job: taken.job,
    beat: (progress) => database.transaction((query) => exports.beat(query, taken, progress)),
    async release(state, progress) {
      await changing(
        (query) => exports.release(query, taken, state, progress),
        undefined,
        (isReleased) => isReleased,
      );
    },
  });

  let maintainAt: EpochMs | undefined;
  let mendAt: EpochMs | undefined;
  const underWay = new Set<Promise<unknown>>();
  /** Goes on by itself; waited for at the end. */
  const letGoOn = (work: Promise<unknown>): void => {
    const one: Promise<unknown> = work.catch(() => {}).finally(() => underWay.delete(one));
    underWay.add(one);
  };
  let isToMaintain = false;
  const take = async (): Promise<Taken | undefined> => {
    await runs.start();
    if (isToMaintain) {
      isToMaintain = false;
      await runs.maintain().catch(() => {}); // not while one is taken: what pg-boss has in hand would be passed over
    }
    const [taken, now] = await database.transaction(
      inTurn(async (query, at) => [await exports.take(query, worker, at, at >= (mendAt ?? 0)), at] as const),
    );
    if (!taken && now >= (mendAt ?? 0)) mendAt = now + MEND_MS;
    maintainAt ??= now + MAINTAIN_MS;
    if (now >= maintainAt) {
      maintainAt = now + MAINTAIN_MS;
      isToMaintain = true;
    }
    return taken;
  };
  /** To be taken at the next look, not when its lease has run out. */
  const giveBack = async (taken: Taken | undefined): Promise<void> => {
    if (taken) await leaseOf(taken).release({ state: "queued" }, taken.job.progress);
  };

  return {
    schedules: {
      add: (schedule, signal) =>
        changing(
          inTurn((query, now) => schedules.add(query, schedule, now)),
          signal,
        ),
      get: (id, signal) => reading((query) => schedules.get(query, id), signal),
      async list(signal) {
        const { schedules: all, damaged } = await reading((query) => schedules.list(query), signal);
        tellDamaged("a schedule is damaged", "schedule", damaged);
        return all;
      },
      change: (schedule, change, signal) =>
        changing(
          (query) => schedules.change(query, schedule, change),
          signal,
          (changed) => changed !== undefined,
        ),
      start: (schedule, change, signal) =>
        changing(
          inTurn((query, now) => schedules.start(query, schedule, change, now)),
          signal,
          ({ outcome }) => outcome === "started",
        ),
      remove: (id, signal) => changing((query) => schedules.remove(query, id), signal),
      async takeDuty(duty, forMs, signal) {
        hasDuties = true;
        await unlessAborted(signal, () => runs.start());
        return reading((query) => schedules.takeDuty(query, duty, name, forMs), signal);
      },
    },
    add: (request, signal) =>
      changing(
        inTurn((query, now) => exports.addNew(query, request, now)),
        signal,
      ),
    get: (id, signal) => reading((query) => exports.get(query, id), signal),
    async list(limit, after, signal) {
      const { damaged, ...page } = await reading((query) => exports.list(query, limit, after), signal);
      tellDamaged("an entry in the list of exports is damaged", "export", damaged);
      return page;
    },
    counts: (signal) => reading((query) => exports.counts(query), signal),
    async take(signal) {
      let taking: Promise<Taken | undefined> | undefined;
      try {
        const taken = await unlessAborted(signal, () => (taking = take()));
        return taken && leaseOf(taken);
      } catch (error) {
        if (taking) letGoOn(taking.then(giveBack)); // where that fails its lease runs out
        throw error;
      }
    },
    ask: (id, wish, signal) =>
      changing(
        inTurn((query, now) => exports.ask(query, id, wish, now)),
        signal,
      ),
    remove: (id, signal) =>
      changing(
        inTurn(async (query) => {
          await schedules.keepState(query, id);
          await exports.remove(query, id);
        }),
        signal,
      ),
    signedIn: (account, signal) =>
      changing(
        inTurn((query, now) => exports.signedIn(query, account, now)),
        signal,
      ),
    async changed(signal) {
      if (!listens) {
        listens = true;
        // What is missed while it does not listen is seen at the next look.
        database.listen(CHANNEL, (from) => void (from !== undefined && from !== name && wake()), closed.signal);
      }
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
    async close() {
      closed.abort();
      await Promise.all(underWay);
      if (hasDuties) await schedules.dropDuties(database.query, name).catch(() => {}); // their time ends by itself
      await runs.close();
    },
  };
}
