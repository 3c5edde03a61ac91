import { quotaExceeded, tooManyConcurrent, type Refusal } from "../../simulator/errors.ts";
import { skeleton } from "../../simulator/mail/skeleton.ts";
import type { Ref } from "../../src/core/mail/ref.ts";
import type { Method } from "../../src/core/quota.ts";
import type { Http, HttpResponse } from "../../src/sources/gmail-api/calls/http.ts";
import type { ManualClock } from "../../test/manual-clock.ts";
import { chargeOf, type Server } from "../../test/quota-server.ts";

export const ACCOUNT = "ada@example.com";
export const LATENCY_MS = 100;
const PAGE_SIZE = 500;

/** What the server saw. */
export type Seen = { calls: number; refused: number; charged: number };

/** Gmail in virtual time, as an `Http`: what is asked through it is charged, and refused with Google's own words. */
export type VirtualGmail = Http & Readonly<{ seen: Seen }>;

/** Gmail breaks a conversation here and begins another. */
const LONGEST = 100;

/** Refs newest first, three messages a conversation on the average: many of one message, a few long. */
export function refsOf(messages: number): Ref[] {
  const lengths = new Map<string, number>();
  const layout = { seed: 1, email: ACCOUNT, messages, messagesPerThread: 3 };
  const oldestFirst = skeleton(layout).map(({ id, threadId }) => {
    const before = lengths.get(threadId) ?? 0;
    lengths.set(threadId, before + 1);
    return { id, threadId: before < LONGEST ? threadId : `${threadId}-${Math.floor(before / LONGEST)}` };
  });
  return oldestFirst.toReversed();
}

/** A call lasts 100 ms, refused or not, and counts as under way all that time. Refused calls cost nothing here. */
export function virtualGmail(refs: readonly Ref[], server: Server, clock: ManualClock): VirtualGmail {
  const seen: Seen = { calls: 0, refused: 0, charged: 0 };
  const conversations = Map.groupBy(refs, ({ threadId }) => threadId);
  let underWay = 0;

  const priceOf = (method: Method): number => chargeOf(server, { method }, clock.now());

  const refusalOf = (units: number): Refusal | undefined => {
    if (underWay > (server.concurrency ?? Infinity)) return tooManyConcurrent();
    const refusal = server.meter.charge(units, clock.now());
    if (refusal === undefined) return undefined;
    return quotaExceeded({ tier: server.tier, whose: "user", unitsPerMinute: refusal.unitsPerMinute ?? 0 });
  };

  const answer = (method: Method, id: string, search: URLSearchParams): object => {
    switch (method) {
      case "messages.list": {
        const from = Number(search.get("pageToken") ?? 0);
        const next = from + PAGE_SIZE;
        return { messages: refs.slice(from, next), ...(next < refs.length && { nextPageToken: String(next) }) };
      }
      case "messages.get":
        return messageOf(id);
      case "threads.get":
        return { id, messages: conversations.get(id)!.map((ref) => messageOf(ref.id)) };
      case "history.list":
        return { historyId: "1" };
      case "labels.list":
        return { labels: [] };
      default:
        return { emailAddress: ACCOUNT, messagesTotal: refs.length, threadsTotal: conversations.size, historyId: "1" };
    }
  };

  return {
    seen,
    async get(path, _token, signal) {
      const { method, id, search } = callOf(path);
      const units = priceOf(method);
      seen.calls += 1;
      underWay += 1;
      const refusal = refusalOf(units);
      await clock.sleep(LATENCY_MS, signal);
      underWay -= 1;
      if (refusal) {
        seen.refused += 1;
        return json(refusal.status, refusal.body);
      }
      seen.charged += units;
      return json(200, answer(method, id, search));
    },
    stream: () => Promise.reject(new Error("only text is measured here")),
    close: async () => {},
  };
}

const METHOD_OF: Readonly<Record<string, readonly [list: Method, get: Method]>> = {
  messages: ["messages.list", "messages.get"],
  threads: ["threads.get", "threads.get"],
  history: ["history.list", "history.list"],
  labels: ["labels.list", "labels.list"],
  profile: ["getProfile", "getProfile"],
};

function callOf(path: string): { method: Method; id: string; search: URLSearchParams } {
  const { pathname, searchParams } = new URL(path, "https://gmail.googleapis.com");
  const [resource = "", id = ""] = pathname.split("/").slice(5);
  return { method: METHOD_OF[resource]![id === "" ? 0 : 1], id, search: searchParams };
}

function messageOf(id: string): object {
  return { id, payload: { mimeType: "text/plain", body: { size: 0 } } };
}

function json(status: number, body: unknown): HttpResponse {
  return { status, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(body)) };
}
