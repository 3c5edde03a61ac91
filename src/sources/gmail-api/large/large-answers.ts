import { once } from "node:events";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { parentPort, Worker, workerData, type MessagePort } from "node:worker_threads";

import { ExportError, failureOf, refuse, type Failure } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Method } from "../../../core/quota.ts";
import { unpack, type LargeBody } from "./large-body.ts";
import { fromPages, itemsOf, pagesOf, sendableContents, type Item, type Received } from "./mail-in-pages.ts";
import { parseLargeJson, type LargeJson } from "./set-aside.ts";
import { parseAttachment, parseMessage, parseThread } from "../calls/wire.ts";

/** Processor time. The largest answers take a second or two. */
const LIMIT_MS = 30_000;
const LOOK_MS = 5_000;

/** Where there is one large mail there are others; who reads none should not pay for the memory. */
const IDLE_MS = 30_000;

/** For what hostile answers are parsed to. Contents are not among it. */
const MEMORY_MB = 1_024;

export type LargeAnswer = Readonly<{
  /**
   * What `wire.ts` makes of the answer to this method, or its JSON where that is no mail; can be asked for once. `keep` is given the memory that contents are
   * in. Throws what is wrong with it: `malformed_response` also where it takes too long or too much memory. Undefined
   * where it is no JSON.
   */
  read(method: Method, keep: (bytes: ArrayBuffer) => void, signal: AbortSignal): Promise<Received | undefined>;
}>;

/** Reads large answers beside the thread that paces exports and answers requests: one after the other. */
export type LargeAnswers = Readonly<{ answer(body: LargeBody): LargeAnswer; close(): Promise<void> }>;

type Told =
  | Readonly<{ page: readonly Item[]; bytes: ArrayBuffer | undefined; isLast: boolean }>
  | Readonly<{ failure: Failure }>
  | "no JSON"
  | "ready";

export function largeAnswers(clock: Clock): LargeAnswers {
  let worker: Worker | undefined;
  let idle = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  const start = async (): Promise<Worker> => {
    const made = new Worker(new URL(import.meta.url), {
      workerData: READER,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    made.on("error", () => {}); // heard where its answer is waited for
    made.unref();
    await once(made, "message"); // it is there
    return made;
  };

  const stop = async (): Promise<void> => {
    const stopped = worker;
    worker = undefined;
    await stopped?.terminate();
  };

  /** Resolves once the thread has worked too long, however busy the machine is. */
  const workedTooLong = async (running: Worker, signal: AbortSignal): Promise<undefined> => {
    const usedMs = async (): Promise<number> => {
      if (running.cpuUsage === undefined) return clock.now(); // Node before 24.6 does not tell
      const { user, system } = await running.cpuUsage();
      return (user + system) / 1_000;
    };
    const before = await usedMs();
    do await clock.sleep(LOOK_MS, signal);
    while ((await usedMs()) - before <= LIMIT_MS);
    return undefined;
  };

  const read = async (method: Method, body: LargeBody, keep: (bytes: ArrayBuffer) => void) => {
    idle.abort();
    const enough = new AbortController();
    const { signal } = enough;
    try {
      const running = (worker ??= await start());
      const gone = once(running, "exit", { signal }).then((): undefined => undefined);
      const tooLong = workedTooLong(running, signal);
      for (const end of [gone, tooLong]) end.catch(() => {}); // it was enough
      const ask = (message: unknown, transfer: ArrayBuffer[]): Promise<Told | undefined> => {
        running.postMessage(message, transfer); // throws before anything waits for an answer
        const answered = once(running, "message", { signal }).then(([told]): Told => told);
        return Promise.race([answered, tooLong, gone]);
      };
      const pages = fromPages();
      let bytes = new ArrayBuffer();
      for (let told = await ask({ method, body }, [...body.blocks]); ; told = await ask("more", [])) {
        if (told === "no JSON") return undefined;
        if (told === undefined || told === "ready") throw new Error("the thread does not answer");
        if ("failure" in told) throw new ExportError(told.failure);
        if (told.bytes) keep((bytes = told.bytes));
        pages.add(told.page, bytes);
        if (told.isLast) return pages.received();
        await yieldToEventLoop();
      }
    } catch (error) {
      if (failureOf(error)) throw error;
      await stop(); // out of memory, or a defect, which says what mail is like
      throw unreadable();
    } finally {
      enough.abort();
      const mine = (idle = new AbortController());
      clock.sleep(IDLE_MS, mine.signal).then(
        () => (mine.signal.aborted ? undefined : stop()),
        () => {},
      );
    }
  };

  return {
    answer: (body) => ({
      async read(method, keep, signal) {
        const mine = last.then(() => {
          signal.throwIfAborted();
          return read(method, body, keep);
        });
        last = mine.catch(() => {});
        return mine;
      },
    }),
    async close() {
      await last;
      idle.abort();
      await stop();
    },
  };
}

function unreadable(): ExportError {
  return new ExportError({
    code: "malformed_response",
    retry: "backoff",
    message: "Gmail's answer took too long to read, or too much memory.",
    next: "Open this message in Gmail; if it shows there, please report it.",
  });
}

/** Tells this file, as a worker's program, that it is ours. */
const READER = "gmail-export reader of large answers";

function serve(port: MessagePort): void {
  let pages: Iterator<readonly Item[]> | undefined;
  const next = (bytes?: ArrayBuffer): void => {
    const { value: page = [], done = true } = pages?.next() ?? {};
    if (done) pages = undefined;
    const told: Told = { page, bytes, isLast: done };
    port.postMessage(told, bytes ? [bytes] : []);
  };
  port.on("message", (asked: "more" | { method: Method; body: LargeBody }) => {
    if (asked === "more") return next();
    try {
      const large = parseLargeJson(unpack(asked.body));
      if (!large) throw tooMuch();
      pages = pagesOf(itemsIn(asked.method, large));
      next(large.bytes);
    } catch (error) {
      const failure = failureOf(error);
      if (failure) port.postMessage({ failure } satisfies Told);
      else if (error instanceof SyntaxError) port.postMessage("no JSON" satisfies Told);
      else throw error;
    }
  });
  port.postMessage("ready" satisfies Told);
}

function itemsIn(method: Method, { json, rangeOf }: LargeJson): Iterable<Item> {
  const { make, send } = sendableContents(rangeOf);
  switch (method) {
    case "messages.get":
      return itemsOf([parseMessage(json, make)], send);
    case "threads.get":
      return itemsOf(parseThread(json, make), send);
    case "messages.attachments.get":
      return [{ item: "content", content: send(parseAttachment(json, make)) }];
    default:
      return [{ item: "json", json }];
  }
}

function tooMuch(): ExportError {
  return refuse(
    "bad_request",
    "Gmail's answer has more parts, or parts within parts, than any message.",
    "Open this message in Gmail; if it shows there, look for a proxy that changes Google's answers.",
  );
}

if (parentPort && workerData === READER) serve(parentPort);
