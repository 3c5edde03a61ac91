import { setTimeout as sleep } from "node:timers/promises";

import type { Clock } from "../src/core/ports/clock.ts";
import type { EpochMs } from "../src/core/time.ts";
import { nothingInFlight } from "./in-flight.ts";

export type ManualClock = Clock &
  Readonly<{
    /** Lets `ms` pass: wakes the sleepers one moment after another and lets what they woke run before time goes on. */
    advance(ms: number): Promise<void>;
    /**
     * Lets time pass until `work` is done, jumping from sleeper to sleeper. With real sockets or files involved give
     * `settleMs`: before each jump there are at least so many real milliseconds, and nothing is under way in real time any
     * more. Otherwise work that waits for nothing is an error.
     */
    run<T>(work: Promise<T>, settleMs?: number): Promise<T>;
    /** How many sleep. */
    sleepers(): number;
  }>;

type Sleeper = Readonly<{ at: EpochMs; wake: () => void }>;

/** A clock that stands still until told. Begins in November 2026, at a moment that is not a whole minute. */
export function manualClock(start: EpochMs = Date.UTC(2026, 10, 23, 9, 30, 17, 250)): ManualClock {
  let now = start;
  const sleepers: Sleeper[] = []; // by time, then in the order in which they fell asleep

  const insert = (sleeper: Sleeper): void => {
    let low = 0;
    for (let high = sleepers.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (sleepers[middle]!.at <= sleeper.at) low = middle + 1;
      else high = middle;
    }
    sleepers.splice(low, 0, sleeper);
  };

  const wakeNext = (): void => {
    now = Math.max(now, sleepers[0]!.at);
    while (sleepers.length > 0 && sleepers[0]!.at <= now) sleepers.shift()!.wake();
  };

  return {
    now: () => now,
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (!(delayMs > 0)) return resolve();
        const onAbort = (): void => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(signal!.reason);
        };
        const sleeper: Sleeper = {
          at: now + delayMs,
          wake: () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        insert(sleeper);
      }),
    async advance(ms) {
      const end = now + ms;
      await settle();
      while (sleepers.length > 0 && sleepers[0]!.at <= end) {
        wakeNext();
        await settle();
      }
      now = end;
    },
    async run(work, settleMs = 0) {
      let done = false;
      const end = (): void => {
        done = true;
      };
      work.then(end, end);
      for (;;) {
        await settle(settleMs);
        if (done) return work;
        if (sleepers.length > 0) wakeNext();
        else if (settleMs === 0) throw new Error("this work waits for something other than time");
      }
    },
    sleepers: () => sleepers.length,
  };
}

/** Every promise that can go on goes on before this resolves. */
async function settle(realMs = 0): Promise<void> {
  if (realMs === 0) return new Promise((resolve) => void setImmediate(resolve));
  await sleep(realMs);
  await nothingInFlight();
}
