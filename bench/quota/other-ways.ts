import type { Clock } from "../../src/core/ports/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Http } from "../../src/sources/gmail-api/calls/http.ts";
import { seeded } from "../../test/quota-server.ts";

/** How often a call is tried, and the longest wait in between: 2^n seconds and up to one more, n from `firstExponent`. */
export type Patience = Readonly<{ tries: number; firstExponent: number; capSeconds: number }>;

/** Google's guide to errors, with the five retries that its Python client is usually told to make. */
export const SIX_TRIES: Patience = { tries: 6, firstExponent: 0, capSeconds: 32 };

/** What got-your-back does (gyb.py, callGAPI). */
export const TEN_TRIES: Patience = { tries: 10, firstExponent: 1, capSeconds: 60 };

/** Brings a mailbox some other way; resolves with how many of its messages came. */
export type OtherWay = (http: Http, clock: Clock) => Promise<number>;

const NEVER = new AbortController().signal;
const TOKEN = new Secret("ya29.bench");
const WIDTH = 10;
const PAUSE_MS = 50;

/** The original module: one full message after the other, with a pause that is meant to respect the quota. */
export function oneAtATime(patience: Patience): OtherWay {
  return async (http, clock) => {
    const client = clientOf(http, clock, patience);
    let brought = 0;
    for (const id of await client.list()) {
      if (await client.patiently(id)) brought += 1;
      await clock.sleep(PAUSE_MS);
    }
    return brought;
  };
}

/** Ten workers, each with its own backoff. */
export function tenWorkers(patience: Patience): OtherWay {
  return async (http, clock) => {
    const client = clientOf(http, clock, patience);
    const left = (await client.list()).values();
    let brought = 0;
    const worker = async (): Promise<void> => {
      for (const id of left) if (await client.patiently(id)) brought += 1;
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    return brought;
  };
}

/** Ten gets at once, as a batch request sends them; what was refused goes again together after a backoff. */
export function burstsOfTen(patience: Patience): OtherWay {
  return async (http, clock) => {
    const client = clientOf(http, clock, patience);
    const ids = await client.list();
    let brought = 0;
    for (let from = 0; from < ids.length; from += WIDTH) {
      let left = ids.slice(from, from + WIDTH);
      for (let attempt = 0; left.length > 0 && attempt < patience.tries; attempt += 1) {
        if (attempt > 0) await client.backOff(attempt);
        const came = await Promise.all(left.map(client.get));
        brought += came.filter(Boolean).length;
        left = left.filter((_, index) => !came[index]);
      }
    }
    return brought;
  };
}

function clientOf(http: Http, clock: Clock, { tries, firstExponent, capSeconds }: Patience) {
  const random = seeded(11);
  const send = (path: string) => http.get(`/gmail/v1/users/me/${path}`, TOKEN, NEVER);
  const get = async (id: string): Promise<boolean> => (await send(`messages/${id}?format=full`)).status === 200;
  const backOff = (attempt: number): Promise<void> =>
    clock.sleep(Math.min(2 ** (firstExponent + attempt - 1), capSeconds) * 1_000 + random() * 1_000);

  return {
    get,
    /** Waits after the attempt with this number, the first being 1. */
    backOff,
    async patiently(id: string): Promise<boolean> {
      for (let attempt = 1; ; attempt += 1) {
        if (await get(id)) return true;
        if (attempt === tries) return false;
        await backOff(attempt);
      }
    },
    async list(): Promise<string[]> {
      const ids: string[] = [];
      let pageToken = "";
      do {
        const { body } = await send(`messages?maxResults=500${pageToken}`);
        const page: { messages: { id: string }[]; nextPageToken?: string } = JSON.parse(body.toString());
        ids.push(...page.messages.map(({ id }) => id));
        pageToken = page.nextPageToken === undefined ? "" : `&pageToken=${page.nextPageToken}`;
      } while (pageToken !== "");
      return ids;
    },
  };
}
