import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

import { refuse, type ExportError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { BegunSignIn, PendingSignIns } from "../../core/ports/pending-sign-ins.ts";
import type { EpochMs } from "../../core/time.ts";

const LIFETIME_MS = 10 * 60_000;
/** Anybody may begin: the oldest are forgotten so that beginning a million times fills no memory. */
const MOST = 1_000;

/** Ended sign-ins are remembered for a while, without their verifier, so that the person can be told what happened. */
type Entry = Readonly<{ expiresAt: EpochMs; browserHash: Buffer; begun: BegunSignIn | "used" }>;

/** Sign-ins on their way, in this process's memory: single use, ten minutes, each bound to the browser that began it. */
export function pendingSignIns(clock: Clock): PendingSignIns {
  const entries = new Map<string, Entry>();
  return {
    async add(begun) {
      const state = randomBytes(32).toString("base64url");
      const browserKey = randomBytes(32).toString("base64url");
      entries.set(state, { expiresAt: clock.now() + LIFETIME_MS, browserHash: hash(browserKey), begun });
      for (const oldest of entries.keys()) {
        if (entries.size <= MOST) break;
        entries.delete(oldest);
      }
      return { state, browserKey };
    },
    async take(state, browserKey) {
      if (state === undefined || state === "") throw invalid("The answer from Google carries no state.");
      const entry = entries.get(state);
      if (entry === undefined) throw invalid("This sign-in was not begun here, or was begun before a restart.");
      // Before anything else is said of it; and it stays good for the browser it belongs to.
      if (!timingSafeEqual(hash(browserKey), entry.browserHash))
        throw invalid("This sign-in was begun in another browser.");
      if (entry.begun === "used") throw invalid("This sign-in has been used already.");
      if (clock.now() >= entry.expiresAt) throw invalid("This sign-in took longer than ten minutes.");
      entries.set(state, { ...entry, begun: "used" });
      return entry.begun;
    },
  };
}

/** Hashes have one length, which comparing in constant time asks for. */
function hash(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function invalid(message: string): ExportError {
  return refuse("state_invalid", message, "Begin the sign-in again, and end it in the same browser.");
}
