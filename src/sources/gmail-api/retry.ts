import { ExportError, failureOf, type Failure } from "../../core/errors.ts";
import type { Clock, EpochMs } from "../../core/ports.ts";

const BASE_MS = 1_000;
const CAP_MS = 32_000;

/** A call that fails this often while others of its account succeed will not succeed: the fault is in what it asks for. */
const POISONED_AFTER = 6;

/** When nothing succeeds for so long, it is Google or the network that is down, not the call. */
const OUTAGE_MS = 600_000;

/** A wait longer than this is no pause within an export: it is told, so that the export may rest until then. */
export const LONG_WAIT_MS = 120_000;

/** Google may ask to wait for so long without letting anything through in between. */
const STORM_MS = 1_800_000;

/** What is known of a call that has just failed, and of the other calls of its account. */
export type Attempts = Readonly<{
  /** Failures that were the call's own; being asked to wait is none. */
  failed: number;
  /** Whether other calls have succeeded since this one was first tried. */
  othersSucceeded: boolean;
  /** How long nothing has succeeded, this call's whole life at the most. */
  silenceMs: number;
  now: EpochMs;
}>;

export type Decision =
  | Readonly<{ what: "again"; afterMs: number }>
  /** Whether the call alone is at fault shows in the failure: `outage` is set when it is not. */
  | Readonly<{ what: "give_up"; failure: Failure }>;

/** What to do about a failure. Pure; `random` is from 0 up to 1. */
export function decide(
  failure: Failure,
  { failed, othersSucceeded, silenceMs, now }: Attempts,
  random: number,
): Decision {
  switch (failure.retry) {
    case "never":
    case "sign_in":
      return { what: "give_up", failure };
    case "wait": {
      // The pacer holds the next turn back until then.
      const isLong = untilOf(failure, now) >= LONG_WAIT_MS || silenceMs >= STORM_MS;
      return isLong ? { what: "give_up", failure } : { what: "again", afterMs: 0 };
    }
    case "backoff": {
      if (Math.max(silenceMs, untilOf(failure, now)) >= OUTAGE_MS)
        return { what: "give_up", failure: { ...failure, attempts: failed, outage: true } };
      if (failed >= POISONED_AFTER && othersSucceeded)
        return { what: "give_up", failure: { ...failure, attempts: failed } };
      const jittered = random * Math.min(CAP_MS, BASE_MS * 2 ** (failed - 1));
      return { what: "again", afterMs: Math.max(jittered, untilOf(failure, now)) };
    }
  }
}

function untilOf({ at }: { at?: EpochMs }, now: EpochMs): number {
  return at === undefined ? 0 : at - now;
}

/** Runs `attempt` until it succeeds or is not worth trying again; then throws its last failure. */
export type Retry = <T>(attempt: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** One for all calls of an account: whether the others succeed is half of the decision. */
export function createRetry(clock: Clock, random: () => number): Retry {
  let successes = 0;
  let lastSuccessAt = -Infinity;
  const succeeded = (): void => {
    successes += 1;
    lastSuccessAt = clock.now();
  };
  return async (attempt, signal) => {
    const begunAt = clock.now();
    const before = successes;
    for (let failed = 0; ;) {
      try {
        const result = await attempt();
        succeeded();
        return result;
      } catch (error) {
        const failure = failureOf(error);
        if (signal.aborted || !failure) throw error;
        if (failure.retry === "never") succeeded(); // Google is there, and says no
        if (failure.retry === "backoff") failed += 1;
        const now = clock.now();
        const silenceMs = now - Math.max(begunAt, lastSuccessAt);
        const decision = decide(failure, { failed, othersSucceeded: successes > before, silenceMs, now }, random());
        if (decision.what === "give_up") throw new ExportError(decision.failure, { cause: error });
        await clock.sleep(decision.afterMs, signal);
      }
    }
  };
}
