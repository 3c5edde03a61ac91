import { failureOf } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";

const TRIES = 5;
/** Full jitter: the wait after try n is random, below this times 2^n. */
const FIRST_DELAY_MS = 500;

/** Asks up to five times, as long as what fails is said to pass. `random` is from 0 up to 1. */
export async function retrying<T>(
  ask: () => Promise<T>,
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (failureOf(error)?.retry !== "backoff" || tries === TRIES) throw error;
      await clock.sleep(random() * FIRST_DELAY_MS * 2 ** tries, signal);
    }
  }
}
