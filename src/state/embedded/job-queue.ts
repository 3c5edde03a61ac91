import { once } from "node:events";
import { join } from "node:path";
import { parentPort, Worker, workerData, type MessagePort } from "node:worker_threads";

import { ExportError, failureOf, type Failure } from "../../core/errors.ts";
import type { JobQueue, Lease } from "../../core/job.ts";
import type { Clock, Log } from "../../core/ports.ts";
import { openJobDatabase, type JobDatabase, type Taken } from "./job-database.ts";

/** How often a process looks for what other processes did. */
const POLL_MS = 1_000;

/** The list is small; what its thread needs is mostly Node's own. */
const MEMORY_MB = 64;

/** Tells this file, as a thread's program, that it is ours. */
const PROGRAM = "gmail-export list of exports";

type Method = keyof JobDatabase;
type Call = Readonly<{ number: number; method: Method; given: readonly unknown[] }>;
type Answer = Readonly<{ number: number }> &
  (Readonly<{ value: unknown }> | Readonly<{ failure: Failure }> | Readonly<{ defect: string }>);

/**
 * The list of exports in an SQLite file of STATE_DIR, kept by a thread of its own: neither a disk that is slow to sync nor
 * another process that holds the file stops who calls. The thread and the file are there from the first call on.
 * What is damaged in the list is left out, and told to the log.
 */
export function embeddedQueue(folder: string, clock: Clock, log?: Pick<Log, "warn">): JobQueue {
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

  return {
    add: (request) => waking(call("add", request, clock.now())),
    get: (id) => call("get", id),
    async list(limit, after) {
      const { damaged, ...page } = await call("list", limit, after);
      for (const id of damaged)
        if (!told.has(id)) log?.warn("an entry in the list of exports is damaged", { export: id });
      damaged.forEach((id) => told.add(id));
      return page;
    },
    counts: () => call("counts"),
    async take() {
      const taken = await call("take", clock.now());
      return taken && leaseOf(taken);
    },
    ask: (id, wish) => waking(call("ask", id, wish, clock.now())),
    remove: (id) => waking(call("remove", id, clock.now())),
    signedIn: (account) => waking(call("signedIn", account, clock.now())),
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
    close,
  };
}

type Waiter = Readonly<{ answer: (value: unknown) => void; fail: (error: unknown) => void }>;

/** Calls into the thread, one after the other. It keeps no process alive that waits for nothing of it. */
function databaseThread(path: string) {
  const waiting = new Map<number, Waiter>();
  let thread: Worker | undefined;
  let number = 0;

  const settle = (at: number): Waiter | undefined => {
    const waiter = waiting.get(at);
    waiting.delete(at);
    if (waiting.size === 0) thread?.unref();
    return waiter;
  };

  const start = (): Worker => {
    const made = new Worker(new URL(import.meta.url), {
      workerData: { program: PROGRAM, path },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    made.on("message", (answer: Answer) => {
      const waiter = settle(answer.number);
      if ("value" in answer) waiter?.answer(answer.value);
      else waiter?.fail("failure" in answer ? new ExportError(answer.failure) : new Error(answer.defect));
    });
    made.on("error", () => {}); // told to all who wait, at its exit
    made.on("exit", () => {
      if (thread === made) thread = undefined;
      for (const at of [...waiting.keys()]) settle(at)?.fail(new Error("the thread of the list of exports ended"));
    });
    return made;
  };

  return {
    call<M extends Method>(method: M, ...given: Parameters<JobDatabase[M]>): Promise<ReturnType<JobDatabase[M]>> {
      return new Promise((resolve, reject) => {
        thread ??= start();
        thread.ref();
        number += 1;
        // What a method answers is what it is typed to return: both ends are of one file.
        waiting.set(number, { answer: (value) => resolve(value as ReturnType<JobDatabase[M]>), fail: reject });
        const call: Call = { number, method, given };
        thread.postMessage(call, []);
      });
    },
    async close(): Promise<void> {
      const closed = thread;
      if (closed === undefined) return;
      const exited = once(closed, "exit");
      closed.ref();
      closed.postMessage("close", []);
      await exited;
    },
  };
}

/** The thread: opens the file at the first call, and again at the next where that failed. */
function serve(port: MessagePort, path: string): void {
  let database: JobDatabase | undefined;
  const answerTo = ({ number, method, given }: Call): Answer => {
    try {
      database ??= openJobDatabase(path);
      const work: (...given: readonly unknown[]) => unknown = database[method] as (...given: unknown[]) => unknown;
      return { number, value: work(...given) };
    } catch (error) {
      const failure = failureOf(error);
      return failure ? { number, failure } : { number, defect: error instanceof Error ? error.message : "unknown" };
    }
  };
  port.on("message", (call: Call | "close") => {
    if (call === "close") {
      database?.close(); // the last to close brings all of the WAL into the file
      port.close();
    } else port.postMessage(answerTo(call));
  });
}

if (parentPort && workerData?.program === PROGRAM) serve(parentPort, workerData.path);
