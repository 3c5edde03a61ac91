import type { Secret } from "../secret.ts";

/** What must be known when the browser comes back. */
export type BegunSignIn = Readonly<{ account: string; redirectUri: string; codeVerifier: Secret }>;

/**
 * Sign-ins on their way: single use, ten minutes, each bound to the browser that began it. Implemented by
 * `state/embedded/pending-sign-ins.ts`.
 */
export type PendingSignIns = Readonly<{
  /** `state` and `browserKey` are 256 random bits each, base64url. */
  add(begun: BegunSignIn): Promise<Readonly<{ state: string; browserKey: string }>>;
  /** Gives what was begun, once. Rejects with `state_invalid` for a state that is missing, unknown, used, expired or another browser's. */
  take(state: string | undefined, browserKey: string): Promise<BegunSignIn>;
}>;
