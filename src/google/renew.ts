import { ExportError, refuse } from "../core/errors.ts";
import type { Grant } from "../core/grant.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Grants } from "../core/ports/grants.ts";
import type { ClientCredentials } from "./credentials.ts";
import { refusedByAdministrator } from "./refusals.ts";
import { retrying } from "./retrying.ts";
import { refresh, type Refusal } from "./token-endpoint.ts";

/**
 * Asks Google for a new access token and stores the answer before anybody may use it: a rotated refresh token replaces
 * the one that was sent, and a crash must not lose it. Runs inside `store.lockAccount`. `patient` tries five times.
 * Throws `consent_revoked` (and marks the grant), `credentials_invalid`, `sign_in_refused`, `disk`, or the last transient
 * failure.
 */
export async function renew(
  grant: Grant,
  parts: Readonly<{
    client: ClientCredentials;
    store: Grants;
    clock: Clock;
    random: () => number;
    patient: boolean;
  }>,
  signal: AbortSignal,
): Promise<Grant> {
  const { client, store, clock, random, patient } = parts;
  const { refreshToken } = grant;
  if (refreshToken === undefined) throw signInAgain("Access was given for an hour only, and has ended.");
  const ask = () => refresh(client, clock, refreshToken, signal);
  const answer = await (patient ? retrying(ask, clock, random, signal) : ask());
  if ("error" in answer) {
    if (answer.error === "admin_policy_enforced") throw refusedByAdministrator();
    if (answer.error !== "invalid_grant") throw refused(answer.error);
    const revoked = whyRevoked(answer);
    await store.save({ ...grant, revoked });
    throw signInAgain(revoked);
  }
  const renewed: Grant = {
    ...grant,
    accessToken: answer.accessToken,
    expiresAt: answer.expiresAt,
    obtainedAt: clock.now(),
    refreshToken: answer.refreshToken ?? refreshToken,
    scopes: answer.scopes ?? grant.scopes,
  };
  await store.save(renewed);
  return renewed;
}

/** Google says `invalid_grant` for every cause (gmail-api.md §1.4), so all are named. */
function whyRevoked({ error_subtype }: Refusal): string {
  return error_subtype === "invalid_rapt"
    ? "The organisation that manages this account asks for a new sign-in from time to time, and now is one."
    : "Google no longer honours this sign-in. Access was withdrawn, the password was changed, it was unused for six months, " +
        "or the Google Cloud project is in Testing, where every sign-in ends after seven days (publish the app to end that).";
}

function refused(error: string): ExportError {
  const next =
    "Sign in again; where an organisation manages the account, its administrator may have to allow this app.";
  return refuse("sign_in_refused", `Google refused to renew access (${error}).`, next);
}

function signInAgain(message: string): ExportError {
  return new ExportError({
    code: "consent_revoked",
    retry: "sign_in",
    message,
    next: "Sign in again: `gmail-export login`, or /auth/gmail on the server. An export that waits goes on by itself then.",
  });
}
