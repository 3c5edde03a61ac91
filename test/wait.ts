import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

import { processLog } from "./process-log.ts";

/**
 * The one limit of every wait in these tests, in milliseconds: not how long something may take, but when a machine, however
 * busy, is certain not to get there any more. A test's own limit is longer (vitest.config.ts), so that this one speaks first.
 */
export const PATIENCE_MS = 300_000;

/** Milliseconds between two looks: each costs the server that is asked, whose work the wait is for, so they get longer. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 200;

const SEEN_CHARACTERS = 2_000;

/** Remembers what was seen last, for the message of a wait that fails; gives it back. */
export type Note = <T>(seen: T) => T;

/**
 * Looks again and again until there is something to see, neither `false` nor nullish. When that never happens the error
 * says what was noted last, and what the test's processes wrote to stderr.
 */
export async function until<T>(look: (note: Note) => T | Promise<T>): Promise<NonNullable<Exclude<T, false>>> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  let last: unknown;
  let pauseMs = FIRST_PAUSE_MS;
  const note: Note = (seen) => {
    last = seen;
    return seen;
  };
  for (;;) {
    const seen = await look(note);
    if (seen) return seen as NonNullable<Exclude<T, false>>;
    if (performance.now() > giveUpAt) throw new Error(neverHappened(look.toString(), last ?? seen));
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}

/** What a promise resolves with, or undefined when that never happens. */
export async function within<T>(promise: Promise<T>): Promise<T | undefined> {
  const enough = new AbortController();
  const limit = sleep(PATIENCE_MS, undefined, { signal: enough.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, limit]);
  } finally {
    enough.abort();
  }
}

/** The message of a wait that failed. */
export function neverHappened(what: string, seen: unknown): string {
  const shown = typeof seen === "string" ? seen : inspect(seen, { depth: 6 });
  return `never happened within ${PATIENCE_MS / 1_000} s: ${what}\nlast seen: ${shown.slice(-SEEN_CHARACTERS)}\n${processLog()}`;
}
