import { canonicalAccount } from "../../core/account.ts";
import { failureOf, refuse, type ExportError } from "../../core/errors.ts";
import type { AccessToken } from "../../core/ports/accounts.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Secret } from "../../core/secret.ts";
import type { EpochMs } from "../../core/time.ts";
import { retrying } from "../retrying.ts";
import { outlasts, REFRESH_BEFORE, USE_UNTIL } from "../token-life.ts";
import { redeemAssertion, type Wanted } from "./assertion.ts";
import { notOfADomain, refusalOf } from "./refusals.ts";
import type { FindServiceAccount, ServiceAccount } from "./service-account.ts";
import { shareCall } from "./share-call.ts";

/** One odd answer proves nothing, least of all while a delegation makes its way through Google. */
const ASKED_BEFORE_BELIEVED = 3;
/** The wait before it is asked again is random, below this times how often it was asked. */
const ASK_AGAIN_MS = 1_000;
/** Users whose tokens are found again; of more, those asked for longest ago ask anew. */
const MOST_USERS = 1_000;
/** For so long a token that could not be renewed, but still works, is used without asking again. */
const KEEP_MS = 30_000;

type Parts = Readonly<{
  find: FindServiceAccount;
  clock: Clock;
  /** From 0 up to 1, for the waits between tries. */
  random: () => number;
}>;

type Held = Readonly<{ accessToken: Secret; expiresAt: EpochMs; obtainedAt: EpochMs }>;

/** The access token of a user of the domain, for these scopes and no others. */
export type DelegatedTokens = (subject: string, scopes: readonly string[]) => AccessToken;

/**
 * Access tokens of a domain's users, bought with what the service account signs: one for each user and scopes, in memory
 * only, renewed before it ends. However many calls need one at once, Google is asked once. Throws `delegation_missing`,
 * `user_unusable`, `credentials_missing`, `credentials_invalid`, `settings_invalid`, or the last transient failure.
 */
export function delegatedTokens(parts: Parts): DelegatedTokens {
  const known = new Map<string, AccessToken>();
  return (subject, scopes) => {
    const name = JSON.stringify([canonicalAccount(subject), scopes]);
    const token = known.get(name) ?? tokensOf({ subject, scopes }, parts);
    known.delete(name);
    known.set(name, token);
    for (const oldest of known.keys()) if (known.size > MOST_USERS) known.delete(oldest);
    return token;
  };
}

function tokensOf(wanted: Wanted & Readonly<{ subject: string }>, parts: Parts): AccessToken {
  const { clock } = parts;
  let held: Held | undefined;
  let keepUntil: EpochMs = 0;

  const renew = shareCall(async (signal) => {
    const obtainedAt = clock.now();
    const { accessToken, expiresAt } = await mint(wanted, parts, signal);
    held = { accessToken, expiresAt, obtainedAt };
  });

  const usable = (stale: Secret | undefined): Secret | undefined => {
    if (held === undefined) return undefined;
    const margin = clock.now() < keepUntil ? USE_UNTIL : REFRESH_BEFORE;
    return outlasts(held, stale, margin, clock.now()) ? held.accessToken : undefined;
  };

  return async (stale, signal) => {
    signal.throwIfAborted();
    const token = usable(stale);
    if (token !== undefined) return token;
    const stillWorks = held !== undefined && outlasts(held, stale, USE_UNTIL, clock.now()) ? held : undefined;
    try {
      await renew(signal);
    } catch (error) {
      if (stillWorks === undefined || failureOf(error)?.retry !== "backoff") throw error;
      keepUntil = clock.now() + KEEP_MS;
      return stillWorks.accessToken;
    }
    return held!.accessToken;
  };
}

async function mint(wanted: Wanted & Readonly<{ subject: string }>, parts: Parts, signal: AbortSignal) {
  const { find, clock, random } = parts;
  const account = await find();
  if (account === undefined) throw noServiceAccount();
  if (canonicalAccount(wanted.subject).endsWith("@gmail.com")) throw notOfADomain(wanted.subject);
  const ask = (what: Wanted) => retrying(() => redeemAssertion(account, what, clock, signal), clock, random, signal);
  for (let asked = 1; ; asked += 1) {
    const answer = await ask(wanted);
    if (!("error" in answer)) return answer;
    if (asked < ASKED_BEFORE_BELIEVED) {
      await clock.sleep(random() * ASK_AGAIN_MS * asked, signal);
      continue;
    }
    const alone = answer.error === "invalid_grant" ? await ask({ ...wanted, subject: undefined }) : answer;
    throw refusalOf(account, wanted, answer, !("error" in alone));
  }
}

/** Where a domain was to be read and nothing is set up for it. */
function noServiceAccount(): ExportError {
  return refuse(
    "credentials_missing",
    "No service account is set up, and only one can read a whole domain.",
    "Put a service account's key file where GOOGLE_CREDENTIALS_PATH says, or name a service account in GOOGLE_SERVICE_ACCOUNT.",
  );
}

/** What tells one Cloud project from another, in limits and budgets: as an OAuth client's id does. */
export function projectKeyOf({ clientId, email }: ServiceAccount): string {
  return clientId ?? email;
}
