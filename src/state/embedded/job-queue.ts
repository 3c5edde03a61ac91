import type { Clock } from "../../core/ports/clock.ts";
import type { JobQueue, Lease } from "../../core/ports/job-queue.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Schedules } from "../../core/ports/schedules.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { databaseThread } from "./database-thread.ts";
import type { Taken } from "./job-database.ts";
import { embeddedSchedules } from "./schedules.ts";

/** How often a process looks for what other processes did. */
const POLL_MS = 1_000;

/**
 * The list of exports in an SQLite file of STATE_DIR, and the schedules that add to it: one file and one thread, so that
 * an occurrence and its export are one step. What is damaged in the list is left out, and told to the log. `worker` is
 * the name under which this process runs exports.
 */
export function embeddedJobQueue(
  folder: string,
  clock: Clock,
  log?: Pick<Log, "warn">,
  worker = "worker",
): JobQueue & Readonly<{ schedules: Schedules }> {
  const thread = databaseThread(folder);
  const { call, close } = thread;
  const told = new Set<string>();

  const listeners = new Set<() => void>();
  const wake = (): void => listeners.forEach((listener) => listener());
  /** What a call changed is looked for at once by those who wait. */
  const waking = async <T>(change: Promise<T>): Promise<T> => {
    const result = await change;
    wake();
    return result;
  };

  const leaseOf = (taken: Taken): Lease => ({
    job: taken.job,
    beat: (progress) => call("beat", taken, progress, clock.now()),
    release: (state, progress) => waking(call("release", taken, state, progress, clock.now())),
  });

  const givenBack = new Set<Promise<void>>();
  /** To be taken at the next look, not when its lease has run out. */
  const giveBack = (taken: Taken | undefined): Promise<void> =>
    taken ? leaseOf(taken).release({ state: "queued" }, taken.job.progress) : Promise.resolve();

  const { dropDuties, ...schedules } = embeddedSchedules(thread, wake, clock, log);
  return {
    schedules,
    add: (request, signal) => waking(unlessAborted(signal, () => call("add", request, clock.now()))),
    get: (id, signal) => unlessAborted(signal, () => call("get", id)),
    async list(limit, after, signal) {
      const { damaged, ...page } = await unlessAborted(signal, () => call("list", limit, after));
      for (const id of damaged)
        if (!told.has(id)) log?.warn("an entry in the list of exports is damaged", { export: id });
      damaged.forEach((id) => told.add(id));
      return page;
    },
    counts: (signal) => unlessAborted(signal, () => call("counts")),
    async take(signal) {
      let taking: Promise<Taken | undefined> | undefined;
      try {
        const taken = await unlessAborted(signal, () => (taking = call("take", worker, clock.now())));
        return taken && leaseOf(taken);
      } catch (error) {
        if (taking) {
          const late = taking.then(giveBack).catch(() => {}); // its lease runs out
          givenBack.add(late);
          void late.finally(() => givenBack.delete(late));
        }
        throw error;
      }
    },
    ask: (id, wish, signal) => waking(unlessAborted(signal, () => call("ask", id, wish, clock.now()))),
    remove: (id, signal) => waking(unlessAborted(signal, () => call("remove", id, clock.now()))),
    signedIn: (account, signal) => waking(unlessAborted(signal, () => call("signedIn", account, clock.now()))),
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
    async close() {
      await Promise.all(givenBack);
      await dropDuties();
      await close();
    },
  };
}
