import type { EpochMs } from "../time.ts";

/** Time as an argument, so that an hour of quota waiting is tested in a millisecond. */
export type Clock = Readonly<{
  now(): EpochMs;
  /** Resolves after `delayMs` (at once when it is not positive); rejects with the signal's reason when aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}>;
