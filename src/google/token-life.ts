import type { Secret } from "../core/secret.ts";
import type { EpochMs } from "../core/time.ts";

/** How long before its end a token is refreshed, and until when one is used that could not be: in ms, or as a part of its life. */
export type Margin = Readonly<{ ms: number; ofLife: number }>;
/** Longer than any one call to Gmail takes. */
export const REFRESH_BEFORE: Margin = { ms: 5 * 60_000, ofLife: 1 / 4 };
/** A call sent now will still find it valid. */
export const USE_UNTIL: Margin = { ms: 30_000, ofLife: 1 / 8 };

/** What Google's tokens live; some organisations make it a few minutes. */
const USUAL_LIFE_MS = 3_600_000;

type Lived = Readonly<{ accessToken: Secret; expiresAt: EpochMs; obtainedAt?: EpochMs }>;

/** Whether a token has more than the margin before it, and is not the one that was just refused. */
export function outlasts(
  { accessToken, expiresAt, obtainedAt }: Lived,
  stale: Secret | undefined,
  { ms, ofLife }: Margin,
  now: EpochMs,
): boolean {
  const life = obtainedAt === undefined ? USUAL_LIFE_MS : expiresAt - obtainedAt;
  return expiresAt - now > Math.min(ms, life * ofLife) && accessToken.reveal() !== stale?.reveal();
}
