import { canonicalAccount } from "../core/account.ts";
import { failureOf } from "../core/errors.ts";
import type { AccessToken, Accounts, GrantStatus } from "../core/ports/accounts.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Grants } from "../core/ports/grants.ts";
import { accessToken } from "./access-token.ts";
import type { ClientCredentials } from "./credentials.ts";
import { projectKeyOf, type DelegatedTokens } from "./service-account/delegated-tokens.ts";
import type { FindServiceAccount, ServiceAccount } from "./service-account/service-account.ts";

type Parts = Readonly<{
  credentials: () => Promise<ClientCredentials>;
  find: FindServiceAccount;
  tokens: DelegatedTokens;
  store: Grants;
  /** Asked for by the service account; a person's sign-in has its own. */
  scopes: readonly string[];
  clock: Clock;
  random: () => number;
}>;

/** What lets an account be read; `project` tells one Cloud project from another, in limits and budgets. */
export type Reader = Readonly<{ token: AccessToken; project: string }>;

export type Readers = Readonly<{
  /** Throws `credentials_missing` or `credentials_invalid`. */
  readerOf(account: string): Promise<Reader>;
  /** The service account that reads this account; undefined where its own sign-in does, or has to. */
  delegateOf(account: string): Promise<ServiceAccount | undefined>;
  /** The statuses of accounts, those too that nobody signs in. */
  withDelegates(accounts: Accounts): Accounts;
}>;

/**
 * Who reads which account: the service account those of its domain, but for people who signed in themselves; a sign-in of
 * their own all others. Private addresses are in nobody's domain.
 */
export function createReaders({ credentials, find, tokens, store, scopes, clock, random }: Parts): Readers {
  const delegateOf = async (account: string): Promise<ServiceAccount | undefined> => {
    if (canonicalAccount(account).endsWith("@gmail.com")) return undefined;
    const found = await find();
    // A key file stands where an OAuth client's would: no sign-in can be renewed beside it.
    if (found === undefined || found.clientId !== undefined) return found;
    const grant = await store.load(account).catch(() => undefined);
    return grant === undefined || grant.revoked !== undefined ? found : undefined;
  };

  const status =
    (accounts: Accounts): Accounts["status"] =>
    async (email): Promise<GrantStatus> => {
      const delegate = await delegateOf(email).catch(() => undefined);
      if (delegate === undefined) return accounts.status(email);
      return {
        authenticated: true,
        email,
        user_id: null,
        scopes,
        granted_at: null,
        access_token_expires_at: null,
        can_refresh: true,
        service_account: delegate.email,
      };
    };

  return {
    delegateOf,
    async readerOf(account) {
      const delegate = await delegateOf(account);
      if (delegate !== undefined) return { token: tokens(account, scopes), project: projectKeyOf(delegate) };
      const own = accessToken(account, { credentials, store, clock, random });
      const token: AccessToken = async (stale, signal) => {
        try {
          return await own(stale, signal);
        } catch (error) {
          // Who signed out since is read as everybody else of the domain.
          if (failureOf(error)?.retry !== "sign_in" || (await delegateOf(account)) === undefined) throw error;
          return tokens(account, scopes)(stale, signal);
        }
      };
      return { token, project: (await credentials()).clientId };
    },
    withDelegates: (accounts) => ({ ...accounts, status: status(accounts) }),
  };
}
