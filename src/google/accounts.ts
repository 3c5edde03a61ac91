import { ExportError } from "../core/errors.ts";
import { endInTesting, type Grant } from "../core/grant.ts";
import type { Accounts, GrantStatus } from "../core/ports/accounts.ts";
import type { EpochMs } from "../core/time.ts";
import { signIn, type SignInParts } from "./authorize.ts";
import { revoke } from "./token-endpoint.ts";

/** Signing people in and out, and who is signed in. `signOut` of somebody who is not is no fault: `revoked` is false. */
export function accounts(parts: SignInParts): Accounts {
  const { credentials, store, clock } = parts;

  /** False whatever the reason: a grant or a client file that cannot be read, no network, or Google would not. */
  const revokeGrant = async (account: string, signal: AbortSignal): Promise<boolean> => {
    try {
      const grant = await store.load(account);
      if (grant === undefined) return false;
      return await revoke(await credentials(), grant.refreshToken ?? grant.accessToken, signal);
    } catch (error) {
      if (error instanceof ExportError) return false;
      throw error; // aborted: nothing is forgotten
    }
  };

  const status = async (account: string): Promise<GrantStatus> =>
    statusOf(account, await store.load(account), clock.now());

  return {
    ...signIn(parts),
    status,
    list: async () => Promise.all((await store.accounts()).map(status)),
    // Nobody else meanwhile, or a refresh that is under way would store the grant again.
    signOut: (account, signal) =>
      store.lockAccount(
        account,
        async () => {
          const revoked = await revokeGrant(account, signal);
          await store.remove(account);
          return { revoked };
        },
        signal,
      ),
  };
}

function statusOf(email: string, grant: Grant | undefined, now: EpochMs): GrantStatus {
  if (grant === undefined) {
    return {
      authenticated: false,
      email,
      user_id: null,
      scopes: [],
      granted_at: null,
      access_token_expires_at: null,
      can_refresh: false,
    };
  }
  const canRefresh = grant.refreshToken !== undefined && grant.revoked === undefined;
  const warning = grant.revoked ?? endingSoon(grant.grantedAt, now);
  return {
    authenticated: canRefresh || (grant.revoked === undefined && grant.expiresAt > now),
    email,
    user_id: grant.account,
    scopes: grant.scopes,
    granted_at: new Date(grant.grantedAt).toISOString(),
    access_token_expires_at: new Date(grant.expiresAt).toISOString(),
    can_refresh: canRefresh,
    ...(warning !== undefined && { warning }),
  };
}

function endingSoon(grantedAt: EpochMs, now: EpochMs): string | undefined {
  const at = endInTesting(grantedAt, now);
  if (at === undefined) return undefined;
  const end = new Date(at).toISOString();
  return `If your Google Cloud project is in Testing, this sign-in ends at ${end}. Publish the app, or sign in again before.`;
}
