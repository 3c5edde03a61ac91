import type { Secret } from "./secret.ts";
import type { EpochMs } from "./time.ts";

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
