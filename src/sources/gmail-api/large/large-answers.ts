import { setImmediate as yieldToEventLoop } from "node:timers/promises";

import { ExportError, failureOf, refuse, type Failure } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Method } from "../../../core/quota.ts";
import { serveThread, workerThread, type Ask } from "../../../threads/worker-thread.ts";
import { parseAttachment, parseMessage, parseThread } from "../calls/wire.ts";
import { unpack, type LargeBody } from "./large-body.ts";
import { fromPages, itemsOf, pagesOf, sendableContents, type Item, type Received } from "./mail-in-pages.ts";
import { parseLargeJson, type LargeJson } from "./set-aside.ts";

/** Processor time. The largest answers take a second or two. */
const LIMIT_MS = 30_000;

/** For what hostile answers are parsed to. Contents are not among it. */
const MEMORY_MB = 1_024;

const NAME = "gmail-export reader of large answers";

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
  | "no JSON";

export function largeAnswers(clock: Clock): LargeAnswers {
  const thread = workerThread(clock, {
    program: import.meta.url,
    name: NAME,
    memoryMb: MEMORY_MB,
    limitMs: LIMIT_MS,
    limitBy: "processor",
  });

  const receive = async (
    ask: Ask,
    method: Method,
    body: LargeBody,
    keep: (bytes: ArrayBuffer) => void,
  ): Promise<Received | undefined> => {
    const pages = fromPages();
    let bytes = new ArrayBuffer();
    for (let told = await ask<Told>({ method, body }, body.blocks); ; told = await ask<Told>("more")) {
      if (told === "no JSON") return undefined;
      if ("failure" in told) throw new ExportError(told.failure);
      if (told.bytes) keep((bytes = told.bytes));
      pages.add(told.page, bytes);
      if (told.isLast) return pages.received();
      await yieldToEventLoop();
    }
  };

  return {
    answer: (body) => ({
      async read(method, keep, signal) {
        try {
          return await thread.takeTurn((ask) => receive(ask, method, body, keep), signal);
        } catch (error) {
          if (failureOf(error) || (signal.aborted && error === signal.reason)) throw error;
          throw unreadable(); // out of time, of memory, or a defect, which says what mail is like
        }
      },
    }),
    close: () => thread.close(),
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

type Asked = "more" | Readonly<{ method: Method; body: LargeBody }>;

await serveThread(NAME, async () => {
  let pages: Iterator<readonly Item[]> | undefined;
  return {
    async answer(asked: Asked, reply) {
      const sendPage = (bytes?: ArrayBuffer): void => {
        const { value: page = [], done = true } = pages?.next() ?? {};
        if (done) pages = undefined;
        reply({ page, bytes, isLast: done } satisfies Told, bytes ? [bytes] : []);
      };
      if (asked === "more") return sendPage();
      try {
        const large = parseLargeJson(await unpack(asked.body));
        if (!large) throw tooMuch();
        pages = pagesOf(itemsIn(asked.method, large));
        sendPage(large.bytes);
      } catch (error) {
        const failure = failureOf(error);
        if (failure) reply({ failure } satisfies Told);
        else if (error instanceof SyntaxError) reply("no JSON" satisfies Told);
        else throw error;
      }
    },
  };
});

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
