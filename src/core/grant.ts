import type { EpochMs, Secret } from "./ports.ts";

/** What OAuth gave us for an account. Kept sealed; never logged, never sent anywhere but to Google's token endpoint. */
export type Grant = Readonly<{
  /** The address as Google returns it. */
  account: string;
  refreshToken: Secret | undefined;
  accessToken: Secret;
  /** When the access token ends. Always known: without it every refusal would look like an expiry. */
  expiresAt: EpochMs;
  /** When it began: how long it lives says how early it must be renewed. Unknown in grants of older versions. */
  obtainedAt?: EpochMs;
  scopes: readonly string[];
  /** When the person consented. Projects in Testing lose the grant seven days later. */
  grantedAt: EpochMs;
  /** Set when Google no longer honours the refresh token: why, in words. */
  revoked?: string;
}>;

const WEEK_MS = 7 * 24 * 60 * 60_000;

/**
 * When a grant that was given then ends, if its Cloud project is in Testing; undefined when that is more than a day ahead,
 * or when a grant this old shows that the project is not. Nothing else tells whether it is.
 */
export function endInTesting(grantedAt: EpochMs, now: EpochMs): EpochMs | undefined {
  const end = grantedAt + WEEK_MS;
  return now >= end - WEEK_MS / 7 && now < end ? end : undefined;
}

/**
 * Where grants rest, one per account, found under every spelling of it. `save` is atomic and durable. Throws
 * `grant_unreadable` and keeps what it cannot read. Implemented by `state/embedded/grants/sealed-grants.ts`.
 */
export type Grants = Readonly<{
  load(account: string): Promise<Grant | undefined>;
  save(grant: Grant): Promise<void>;
  remove(account: string): Promise<void>;
  /** Accounts that have a readable grant. */
  accounts(): Promise<readonly string[]>;
  /** Names of all that are stored, those that cannot be read too: an address, or what stands for one in a file's name. */
  stored(): Promise<readonly string[]>;
  /**
   * Runs `work` while no other call or process does so for this account. Rejects with the signal's reason when aborted
   * before its turn; `work` itself is not stopped.
   */
  lockAccount<T>(account: string, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}>;

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
