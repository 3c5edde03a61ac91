import type { Clock } from "../../core/ports/clock.ts";

/** What waits to be made durable waits no longer. */
const GROUP_MS = 1_000;

/** Flushes what waits, in time. */
export type GroupTimer = Readonly<{
  /** Begins to count, where it does not count yet. */
  start(): void;
  /** To be called by whoever flushes. */
  stop(): void;
}>;

export function createGroupTimer(clock: Clock, flush: () => Promise<void>): GroupTimer {
  let counting: AbortController | undefined;
  return {
    start() {
      if (counting) return;
      counting = new AbortController();
      clock
        .sleep(GROUP_MS, counting.signal)
        .then(flush, () => {})
        .catch(() => {}); // the next write meets it
    },
    stop() {
      counting?.abort();
      counting = undefined;
    },
  };
}
