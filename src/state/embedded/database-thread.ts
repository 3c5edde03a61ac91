import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { parentPort, Worker, workerData, type MessagePort } from "node:worker_threads";

import { ExportError, failureOf, type Failure } from "../../core/errors.ts";
import { openJobDatabase, type JobDatabase } from "./job-database.ts";

/** The list is small; what its thread needs is mostly Node's own. */
const MEMORY_MB = 64;

/** Tells this file, as a thread's program, that it is ours. */
const PROGRAM = "gmail-export list of exports";

type Method = keyof JobDatabase;
type Call = Readonly<{ number: string; method: Method; given: readonly unknown[] }>;
type Answer = Readonly<{ value: unknown }> | Readonly<{ failure: Failure }> | Readonly<{ defect: string }>;

export type DatabaseThread = ReturnType<typeof databaseThread>;

/**
 * The file of exports and schedules, kept by a thread of its own: neither a disk that is slow to sync nor another process
 * that holds the file blocks the caller. Calls are made one after the other. The thread and the file are there from the
 * first call on; it keeps no process alive that waits for nothing of it.
 */
export function databaseThread(folder: string) {
  const path = join(folder, "exports.sqlite");
  const answers = new EventEmitter().setMaxListeners(0); // each call that waits is one
  const waiting = new Set<string>();
  let thread: Worker | undefined;
  let calls = 0;
  let isClosing = false;

  const answer = (number: string, given: Answer): void => {
    waiting.delete(number);
    if (waiting.size === 0 && !isClosing) thread?.unref();
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
    isClosing = true; // the answer to a call that nobody waits for any more lets the thread go, and this would wait in vain
    closed.ref();
    closed.postMessage("close", []);
    await exited;
    isClosing = false;
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
