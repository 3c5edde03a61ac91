import { accountFileName, canonicalAccount } from "../../core/account.ts";
import { ExportError } from "../../core/errors.ts";
import type { Grants } from "../../core/ports/grants.ts";

/** How long another process may hold an account: a refresh with all its retries takes less. */
export const HOLD_WAIT_MS = 120_000;

/** Holds an account for this process, then does the work; rejects with the signal's reason when it is called off before. */
type DoHolding = <T>(name: string, work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/**
 * `lockAccount` of a store that can hold an account for one process: calls of this process come one after another, and who
 * is called off while others have their turn waits no longer.
 */
export function createAccountTurns(doHolding: DoHolding): Grants["lockAccount"] {
  const turns = new Map<string, Promise<unknown>>(); // per account, the end of the last call's turn
  return async (account, work, signal) => {
    const name = accountFileName(canonicalAccount(account)); // one lock, however the address is spelled
    let isMine = false;
    const turn = (turns.get(name) ?? Promise.resolve()).then(() => {
      isMine = true;
      return doHolding(name, work, signal);
    });
    const end = turn.catch(() => undefined); // this call's failure is not the next one's
    turns.set(name, end);
    const called = Promise.withResolvers<never>();
    const onAbort = (): void => void (isMine || called.reject(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([turn, called.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      if (turns.get(name) === end) turns.delete(name);
    }
  };
}

/** Why the work was not begun: another process held the account for longer than `HOLD_WAIT_MS`. */
export function stillHeld(): ExportError {
  const message = "Another process has been busy with this sign-in for too long.";
  const next = "Try again in a moment; if it lasts, end the other gmail-export process.";
  return new ExportError({ code: "timeout", retry: "backoff", message, next, outage: true });
}
