import type { Secret } from "../secret.ts";

/** An access token for an account, refreshed when needed. `stale` is the token Gmail just refused. Throws a `sign_in` failure. */
export type AccessToken = (stale: Secret | undefined, signal: AbortSignal) => Promise<Secret>;

/** What `GET /auth/status` and `gmail-export status` say of an account. */
export type GrantStatus = Readonly<{
  authenticated: boolean;
  email: string;
  /** The address as Google returned it; null when nobody signed in. */
  user_id: string | null;
  scopes: readonly string[];
  /** ISO 8601 UTC. */
  granted_at: string | null;
  access_token_expires_at: string | null;
  can_refresh: boolean;
  /** Of an account that nobody has to sign in: the service account that reads it, if its administrator has delegated that. */
  service_account?: string;
  warning?: string;
}>;

/** A sign-in on its way: where to send the browser, and the key that binds the answer to that browser. */
export type SignInStart = Readonly<{ url: string; browserKey: string }>;

/** The query of the callback, as it came. */
export type CallbackQuery = Readonly<{
  code?: string | undefined;
  state?: string | undefined;
  error?: string | undefined;
  /** Who answers (RFC 9207), where it is told. */
  iss?: string | undefined;
}>;

/** Signing people in and out. Every refusal is an ExportError that says what to do; nothing is stored then. */
export type Accounts = Readonly<{
  /** `account` "" lets any account sign in. `redirectUri` left out means the configured one. */
  begin(account: string, redirectUri?: string): Promise<SignInStart>;
  /** Ends what `begin` began and stores the grant; resolves with the account that signed in. */
  finish(query: CallbackQuery, browserKey: string, signal: AbortSignal): Promise<string>;
  status(account: string): Promise<GrantStatus>;
  list(): Promise<readonly GrantStatus[]>;
  /** Revokes at Google, then forgets. `revoked` is false when Google could not be told; the grant is gone here either way. */
  signOut(account: string, signal: AbortSignal): Promise<Readonly<{ revoked: boolean }>>;
}>;
