import { once } from "node:events";
import { parentPort, Worker, workerData } from "node:worker_threads";

import type { Clock } from "../core/ports/clock.ts";

/** Who asked for something asks for more; who does not should not pay for the memory. */
const IDLE_MS = 30_000;

/** How often it is looked how much processor time was used. */
const LOOK_MS = 5_000;

export type ThreadOptions = Readonly<{
  /** The file that calls `serveThread` with the same name: `import.meta.url`. */
  program: string;
  name: string;
  /** For what the program makes; the bytes of transferred memory are not among it. */
  memoryMb: number;
  /** How long one turn may take, by the clock or by the processor, which a busy machine does not change. */
  limitMs: number;
  limitBy: "clock" | "processor";
  /** So many turns may wait or go on; one more is refused. */
  mostTurns?: number;
}>;

/**
 * Sends a message, with the memory that goes over with it, and resolves with what the program replies to such a one. Throws
 * `ThreadLost`.
 */
export type Ask = <Reply>(message: unknown, transfer?: readonly ArrayBuffer[]) => Promise<Reply>;

/** A thread beside the one that paces exports and answers requests. It is there from the first turn on, and while it has work. */
export type WorkerThread = Readonly<{
  /**
   * Does work that asks the thread, once its turn has come: one after the other. Throws `ThreadLost`, the signal's reason
   * where it aborts before the turn has come, and what `work` throws.
   */
  takeTurn<T>(work: (ask: Ask) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Resolves when all turns are over and the thread is no more. */
  close(): Promise<void>;
}>;

/**
 * There is no reply: so many wait that one more is refused (`busy`), the limit has passed (`too_slow`), or the thread or
 * the message failed (`failed`). A thread that owes a reply when a turn is over is ended, and the next turn has another.
 */
export class ThreadLost extends Error {
  readonly why: "busy" | "too_slow" | "failed";

  constructor(why: ThreadLost["why"], cause?: unknown) {
    super(`no reply from a thread (${why})`, { cause });
    this.name = "ThreadLost";
    this.why = why;
  }
}

export function workerThread(clock: Clock, options: ThreadOptions): WorkerThread {
  const { mostTurns = Infinity } = options;
  let thread: Worker | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let idle = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  let turns = 0;

  const start = async (): Promise<Worker> => {
    await ended; // never more than one
    const made = new Worker(new URL(options.program), {
      name: options.name,
      workerData: options.name,
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb },
    });
    made.on("error", () => {}); // heard where a reply is waited for
    made.unref();
    await once(made, "message"); // it is there
    return made;
  };

  /** What it does in one step, such as SQLite's, ends first. */
  const stop = (): void => {
    if (thread) ended = thread.terminate();
    thread = undefined;
  };

  const stopWhenIdle = async (): Promise<void> => {
    const { signal } = (idle = new AbortController());
    await clock.sleep(IDLE_MS, signal);
    if (!signal.aborted) stop();
  };

  const converse = async <T>(work: (ask: Ask) => Promise<T>): Promise<T> => {
    idle.abort();
    const enough = new AbortController();
    const { signal } = enough;
    let due = 0;
    try {
      const running = (thread ??= await start());
      const tooSlow = passLimit(clock, running, options, signal).then(() => Promise.reject(new ThreadLost("too_slow")));
      const gone = once(running, "exit", { signal }).then(() => Promise.reject(new ThreadLost("failed")));
      for (const end of [tooSlow, gone]) end.catch(() => {}); // it was enough
      return await work(async <Reply>(message: unknown, transfer: readonly ArrayBuffer[] = []) => {
        due += 1;
        try {
          running.postMessage(message, [...transfer]); // throws before a reply is waited for
          const reply = once(running, "message", { signal }).then(([value]): Reply => value);
          const value = await Promise.race([reply, tooSlow, gone]);
          due -= 1;
          return value;
        } catch (error) {
          throw error instanceof ThreadLost ? error : new ThreadLost("failed", error);
        }
      });
    } finally {
      enough.abort();
      if (due > 0) stop(); // or the next would take that reply for its own
      stopWhenIdle().catch(() => {}); // there is work again
    }
  };

  return {
    takeTurn(work, signal) {
      if (turns >= mostTurns) return Promise.reject(new ThreadLost("busy"));
      turns += 1;
      const mine = last
        .then(() => {
          signal?.throwIfAborted();
          return converse(work);
        })
        .finally(() => (turns -= 1));
      last = mine.catch(() => {});
      return mine;
    },
    async close() {
      await last;
      idle.abort();
      stop();
      await ended;
    },
  };
}

/** Resolves once a turn has taken longer than it may. */
async function passLimit(clock: Clock, thread: Worker, options: ThreadOptions, signal: AbortSignal): Promise<void> {
  const { limitMs, limitBy } = options;
  if (limitBy === "clock") return clock.sleep(limitMs, signal);
  const usedMs = async (): Promise<number> => {
    if (thread.cpuUsage === undefined) return clock.now(); // Node before 24.6 does not tell
    const { user, system } = await thread.cpuUsage();
    return (user + system) / 1_000;
  };
  const before = await usedMs();
  do await clock.sleep(LOOK_MS, signal);
  while ((await usedMs()) - before <= limitMs);
}

/** Replies to the message that came last: once. */
type SendReply = (value: unknown, transfer?: readonly ArrayBuffer[]) => void;

/** What a thread does with a message: it knows what kind it is sent. */
type Program = Readonly<{ answer(message: unknown, reply: SendReply): void | Promise<void> }>;

/**
 * Makes the file that calls this the program of threads of this name; does nothing where the file is imported. `open`
 * gives what replies to messages; what that throws ends the thread.
 */
export async function serveThread(name: string, open: () => Promise<Program>): Promise<void> {
  const port = parentPort;
  if (!port || workerData !== name) return;
  const program = await open();
  port.on("message", (message: unknown) => {
    void program.answer(message, (value, transfer = []) => port.postMessage(value, [...transfer]));
  });
  port.postMessage("ready");
}
