import type { Tier } from "../quota.ts";

/** What was found out of a Cloud project. `priceFactor` is what Google charges per listed unit. */
export type LearnedLimit = Readonly<{ tier: Tier; unitsPerMinute: number; priceFactor: number }>;

/**
 * What was learned of each Cloud project, by client id. Losing it costs a few careful minutes, so neither ever rejects.
 * Implemented by `state/embedded/learned-limits.ts`.
 */
export type LearnedLimits = Readonly<{
  read(clientId: string): Promise<LearnedLimit | undefined>;
  /** Of two at once the later one stays. */
  remember(clientId: string, learned: LearnedLimit): Promise<void>;
}>;
