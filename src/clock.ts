import { setTimeout as sleep } from "node:timers/promises";

import type { Clock } from "./core/ports/clock.ts";

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(delayMs, signal) {
    signal?.throwIfAborted();
    if (delayMs <= 0) return;
    try {
      await sleep(delayMs, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted(); // the reason, not Node's own error
      throw error;
    }
  },
};
