import { ExportError, failureOf } from "../core/errors.ts";
import type { Grant } from "../core/grant.ts";
import type { AccessToken } from "../core/ports/accounts.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Grants } from "../core/ports/grants.ts";
import type { Secret } from "../core/secret.ts";
import type { EpochMs } from "../core/time.ts";
import type { ClientCredentials } from "./credentials.ts";
import { renew } from "./renew.ts";
import { outlasts, REFRESH_BEFORE, USE_UNTIL, type Margin } from "./token-life.ts";

/** For so long no file is read again: Gmail is called many times a second, and people sign out by hand. */
const LOOK_AGAIN_MS = 1_000;
/** For so long a token that could not be refreshed, but still works, is used without asking again. */
const ASK_AGAIN_MS = 30_000;

type TokenParts = Readonly<{
  credentials: () => Promise<ClientCredentials>;
  store: Grants;
  clock: Clock;
  /** From 0 up to 1, for the waits between tries. */
  random: () => number;
}>;

/** How the last look ended. Calls that waited for it share its end, be it a token or a failure. */
type Last = Readonly<{ until: EpochMs }> & (Readonly<{ grant: Grant }> | Readonly<{ error: ExportError }>);

/**
 * Access tokens of one account. However many calls need one at once, here or in other processes on the same store, Google
 * is asked once. Throws what `renew` throws, and `not_signed_in` or `consent_revoked` when a person must sign in.
 */
export function accessToken(account: string, { credentials, store, clock, random }: TokenParts): AccessToken {
  let last: Last | undefined;

  const lasts = (grant: Grant, stale: Secret | undefined, margin: Margin): boolean =>
    outlasts(grant, stale, margin, clock.now());

  const recent = (stale: Secret | undefined): Secret | undefined => {
    if (last === undefined || clock.now() >= last.until) return undefined;
    if ("error" in last) throw last.error;
    return lasts(last.grant, stale, USE_UNTIL) ? last.grant.accessToken : undefined;
  };

  const use = (grant: Grant, forMs: number): Secret => {
    last = { grant, until: clock.now() + forMs };
    return grant.accessToken;
  };

  return async (stale, signal) => {
    signal.throwIfAborted();
    const known = recent(stale);
    if (known !== undefined) return known;
    const stored = signedIn(account, await store.load(account));
    if (lasts(stored, stale, REFRESH_BEFORE)) return use(stored, LOOK_AGAIN_MS);

    const renewOnce = async (): Promise<Secret> => {
      signal.throwIfAborted();
      const shared = recent(stale);
      if (shared !== undefined) return shared;
      const grant = signedIn(account, await store.load(account)); // another process may have renewed it meanwhile
      if (lasts(grant, stale, REFRESH_BEFORE)) return use(grant, LOOK_AGAIN_MS);

      const stillWorks = lasts(grant, stale, USE_UNTIL);
      try {
        const renewed = await renew(
          grant,
          { client: await credentials(), store, clock, random, patient: !stillWorks },
          signal,
        );
        return use(renewed, LOOK_AGAIN_MS);
      } catch (error) {
        const retry = failureOf(error)?.retry;
        if (retry === "backoff" && stillWorks) return use(grant, ASK_AGAIN_MS);
        // A sign-in mends the others at once, so those are not kept.
        if (error instanceof ExportError && retry !== "sign_in") last = { error, until: clock.now() + LOOK_AGAIN_MS };
        throw error;
      }
    };
    return store.lockAccount(account, renewOnce, signal);
  };
}

function signedIn(account: string, grant: Grant | undefined): Grant {
  const next =
    "Sign in: `gmail-export login`, or /auth/gmail on the server. An export that waits goes on by itself then.";
  if (grant === undefined)
    throw new ExportError({ code: "not_signed_in", retry: "sign_in", message: `${account} is not signed in.`, next });
  if (grant.revoked !== undefined)
    throw new ExportError({ code: "consent_revoked", retry: "sign_in", message: grant.revoked, next });
  return grant;
}
