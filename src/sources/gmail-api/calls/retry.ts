import { ExportError, failureOf, type Failure } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { EpochMs } from "../../../core/time.ts";

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

/** A refusal that may pass is asked about again after these times, shortened at random by up to a half: some 17 s at the most. */
const ASK_AGAIN_MS = [1_000, 4_000, 12_000] as const;

/** What is known of a call that has just failed, and of the other calls of its account. */
export type Attempts = Readonly<{
  /** Failures that were the call's own; being asked to wait is none. */
  failed: number;
  /** Refusals that might have passed. */
  refused: number;
  /** Whether other calls, or the witness, have succeeded since this one failed the time before. */
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
  { failed, refused, othersSucceeded, silenceMs, now }: Attempts,
  random: number,
): Decision {
  switch (failure.retry) {
    case "never": {
      const waitMs = failure.mayPass ? ASK_AGAIN_MS[refused - 1] : undefined;
      if (waitMs === undefined) return { what: "give_up", failure };
      return { what: "again", afterMs: waitMs * (1 - random / 2) };
    }
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

/**
 * Runs `attempt` until it succeeds or is not worth trying again; then throws its last failure. A call that keeps failing is
 * known to be at fault itself by others that succeed; where there are none, `witness` is asked: true when it succeeded.
 */
export type Retry = <T>(attempt: () => Promise<T>, signal: AbortSignal, witness?: () => Promise<boolean>) => Promise<T>;

/** One for all calls of an account: whether the others succeed is half of the decision. */
export function createRetry(clock: Clock, random: () => number): Retry {
  let successes = 0;
  let lastSuccessAt = -Infinity;
  const succeeded = (): void => {
    successes += 1;
    lastSuccessAt = clock.now();
  };
  return async (attempt, signal, witness) => {
    const begunAt = clock.now();
    let before = successes;
    let failed = 0;
    let refused = 0;
    for (;;) {
      // Before the attempt that may be the last: afterwards nobody could say whether Google was there.
      if (failed >= POISONED_AFTER - 1 && successes === before && (await witness?.())) succeeded();
      try {
        const result = await attempt();
        succeeded();
        return result;
      } catch (error) {
        const failure = failureOf(error);
        if (signal.aborted || !failure) throw error;
        if (failure.retry === "backoff") failed += 1;
        const othersSucceeded = successes > before;
        if (failure.retry === "never") {
          refused += 1;
          succeeded(); // Google is there, and says no
        }
        before = successes;
        const now = clock.now();
        const silenceMs = now - Math.max(begunAt, lastSuccessAt);
        const decision = decide(failure, { failed, refused, othersSucceeded, silenceMs, now }, random());
        if (decision.what === "give_up") throw new ExportError(decision.failure, { cause: error });
        await clock.sleep(decision.afterMs, signal);
      }
    }
  };
}
