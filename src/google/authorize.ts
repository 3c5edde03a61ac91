import { createHash, randomBytes } from "node:crypto";

import { sameAccount } from "../core/account.ts";
import { refuse } from "../core/errors.ts";
import type { Grant } from "../core/grant.ts";
import type { Accounts } from "../core/ports/accounts.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Grants } from "../core/ports/grants.ts";
import type { PendingSignIns } from "../core/ports/pending-sign-ins.ts";
import { Secret } from "../core/secret.ts";
import type { ClientCredentials } from "./credentials.ts";
import {
  codeRefused,
  noRefreshToken,
  otherIssuer,
  refusedAtConsent,
  scopeNotGranted,
  wrongAccount,
} from "./refusals.ts";
import { authorizationUrl, exchange, revoke, type Tokens } from "./token-endpoint.ts";

export type SignInParts = Readonly<{
  credentials: () => Promise<ClientCredentials>;
  store: Grants;
  pending: PendingSignIns;
  clock: Clock;
  /** Whose token it is: Gmail's `users.getProfile.emailAddress`. */
  whoami: (accessToken: Secret, signal: AbortSignal) => Promise<string>;
  scopes: readonly string[];
  /** Where Google sends the browser back to, unless `begin` is told another place. */
  redirectUri: string;
}>;

/** The authorization code flow with PKCE S256 (RFC 6749 §4.1, RFC 7636), from the first redirect to a stored grant. */
export function signIn(parts: SignInParts): Pick<Accounts, "begin" | "finish"> {
  const { credentials, store, pending, clock, whoami, scopes } = parts;

  /**
   * Ends tokens that nobody will keep, as far as Google can be told. Revoking one token ends all that this person gave the
   * project, so not when it may cost a stored grant: `account` undefined is anybody's.
   */
  const discard = async (tokens: Tokens, account: string | undefined): Promise<void> => {
    try {
      const stored = account === undefined ? (await store.accounts()).length > 0 : await store.load(account);
      if (stored) return;
      const unlimited = new AbortController().signal; // the browser may be gone by now
      await revoke(await credentials(), tokens.refreshToken ?? tokens.accessToken, unlimited);
    } catch {
      // The refusal that led here is what the person must hear.
    }
  };

  return {
    async begin(account, redirectUri = parts.redirectUri) {
      const client = await credentials();
      const codeVerifier = randomBytes(32).toString("base64url"); // RFC 7636 §4.1
      const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url");
      const { state, browserKey } = await pending.add({ account, redirectUri, codeVerifier: new Secret(codeVerifier) });
      return {
        url: await authorizationUrl(client, { account, scopes, redirectUri, state, codeChallenge }),
        browserKey,
      };
    },

    async finish({ state, error, code, iss }, browserKey, signal) {
      const begun = await pending.take(state, browserKey);
      const client = await credentials();
      if (iss !== undefined && !issuersOf(client).includes(iss)) throw otherIssuer();
      if (error !== undefined) throw refusedAtConsent(error);
      if (code === undefined || code === "")
        throw refuse("sign_in_refused", "The answer from Google carries no code.", "Begin the sign-in again.");

      const { codeVerifier, redirectUri } = begun;
      const request = { code: new Secret(code), codeVerifier, redirectUri };
      const tokens = await exchange(client, clock, request, signal);
      if ("error" in tokens) throw codeRefused(tokens.error, redirectUri);

      let account: string | undefined;
      try {
        const granted = tokens.scopes ?? scopes;
        const missing = scopes.filter((scope) => !granted.includes(scope) && !granted.includes(longScopeName(scope)));
        if (missing.length > 0) throw scopeNotGranted(missing);
        if (tokens.refreshToken === undefined) throw noRefreshToken();
        account = await whoami(tokens.accessToken, signal);
        if (begun.account !== "" && !sameAccount(account, begun.account)) throw wrongAccount(begun.account, account);
        const { accessToken, refreshToken, expiresAt } = tokens;
        const grantedAt = clock.now();
        const grant: Grant = {
          account,
          refreshToken,
          accessToken,
          expiresAt,
          obtainedAt: grantedAt,
          scopes: granted,
          grantedAt,
        };
        await store.lockAccount(account, () => store.save(grant), signal);
        return account;
      } catch (refusal) {
        await discard(tokens, account);
        throw refusal;
      }
    },
  };
}

/** Who may answer (RFC 9700 §4.4: a code that another server issued must not be sent to this one). */
function issuersOf({ authUri }: ClientCredentials): string[] {
  return [new URL(authUri).origin, "https://accounts.google.com"];
}

/** Two scopes of OpenID Connect (§5.4) are asked for by a short name and granted under Google's long one. */
function longScopeName(scope: string): string {
  return scope === "email" || scope === "profile" ? `https://www.googleapis.com/auth/userinfo.${scope}` : scope;
}
