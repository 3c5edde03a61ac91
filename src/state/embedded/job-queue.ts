import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { parentPort, Worker, workerData, type MessagePort } from "node:worker_threads";

import { ExportError, failureOf, type Failure } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { JobQueue, Lease } from "../../core/ports/job-queue.ts";
import type { Log } from "../../core/ports/log.ts";
import { openJobDatabase, type JobDatabase, type Taken } from "./job-database.ts";

/** How often a process looks for what other processes did. */
const POLL_MS = 1_000;

/** The list is small; what its thread needs is mostly Node's own. */
const MEMORY_MB = 64;

/** Tells this file, as a thread's program, that it is ours. */
const PROGRAM = "gmail-export list of exports";

type Method = keyof JobDatabase;
type Call = Readonly<{ number: string; method: Method; given: readonly unknown[] }>;
type Answer = Readonly<{ value: unknown }> | Readonly<{ failure: Failure }> | Readonly<{ defect: string }>;

/**
 * The list of exports in an SQLite file of STATE_DIR, kept by a thread of its own: neither a disk that is slow to sync nor
 * another process that holds the file blocks the caller. The thread and the file are there from the first call on.
 * What is damaged in the list is left out, and told to the log.
 */
export function embeddedJobQueue(folder: string, clock: Clock, log?: Pick<Log, "warn">): JobQueue {
  const { call, close } = databaseThread(join(folder, "exports.sqlite"));
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

  return {
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
        const taken = await unlessAborted(signal, () => (taking = call("take", clock.now())));
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
      await close();
    },
  };
}

/** Does the work, or rejects with the signal's reason as soon as it aborts; what is under way then goes on by itself. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (!signal) return work();
  signal.throwIfAborted();
  const enough = new AbortController();
  const aborted = once(signal, "abort", { signal: enough.signal }).then(() => signal.throwIfAborted());
  aborted.catch(() => {}); // the work was done before
  try {
    const working = work();
    await Promise.race([working, aborted]);
    return await working;
  } finally {
    enough.abort();
  }
}

/** Calls into the thread, one after the other. It keeps no process alive that waits for nothing of it. */
function databaseThread(path: string) {
  const answers = new EventEmitter().setMaxListeners(0); // each call that waits is one
  const waiting = new Set<string>();
  let thread: Worker | undefined;
  let calls = 0;

  const answer = (number: string, given: Answer): void => {
    waiting.delete(number);
    if (waiting.size === 0) thread?.unref();
    answers.emit(number, given);
  };

  const start = (): Worker => {
    const made = new Worker(new URL(import.meta.url), {
      workerData: { program: PROGRAM, path },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    made.on("message", ({ number, ...given }) => answer(number, given));
    made.on("error", () => {}); // told to all who wait, at its exit
    made.on("exit", () => {
      if (thread === made) thread = undefined;
      for (const number of waiting) answer(number, { defect: "the thread of the list of exports ended" });
    });
    return made;
  };

  const call = async <M extends Method>(
    method: M,
    ...given: Parameters<JobDatabase[M]>
  ): Promise<ReturnType<JobDatabase[M]>> => {
    thread ??= start();
    thread.ref();
    calls += 1;
    const number = String(calls);
    waiting.add(number);
    const answered = once(answers, number);
    thread.postMessage({ number, method, given } satisfies Call, []);
    const [result] = await answered;
    if ("failure" in result) throw new ExportError(result.failure);
    if ("defect" in result) throw new Error(result.defect);
    return result.value;
  };

  const close = async (): Promise<void> => {
    const closed = thread;
    if (closed === undefined) return;
    const exited = once(closed, "exit");
    closed.ref();
    closed.postMessage("close", []);
    await exited;
  };

  return { call, close };
}

/** The thread: opens the file at the first call, and again at the next where that failed. */
function serve(port: MessagePort, path: string): void {
  let database: JobDatabase | undefined;
  const answerTo = ({ method, given }: Call): Answer => {
    try {
      database ??= openJobDatabase(path);
      return { value: Reflect.apply(database[method], database, given) };
    } catch (error) {
      const failure = failureOf(error);
      return failure ? { failure } : { defect: error instanceof Error ? error.message : "unknown" };
    }
  };
  port.on("message", (call: Call | "close") => {
    if (call === "close") {
      database?.close(); // the last to close brings all of the WAL into the file
      port.close();
    } else port.postMessage({ number: call.number, ...answerTo(call) });
  });
}

if (parentPort && workerData?.program === PROGRAM) serve(parentPort, workerData.path);
