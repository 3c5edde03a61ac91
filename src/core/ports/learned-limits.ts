import type { PriceFactors, Tier } from "../quota.ts";

/**
 * What was found out of a Cloud project. `priceFactor` is what Google charges per listed unit of a message in `full`, and
 * `prices` the same of each read as far as it is known; earlier versions kept the one number for all.
 */
export type LearnedLimit = Readonly<{
  tier: Tier;
  unitsPerMinute: number;
  priceFactor: number;
  prices?: PriceFactors | undefined;
}>;

/**
 * What was learned of each Cloud project, by client id. Losing it costs a few careful minutes, so neither ever rejects.
 * Implemented by `state/embedded/learned-limits.ts`.
 */
export type LearnedLimits = Readonly<{
  read(clientId: string): Promise<LearnedLimit | undefined>;
  /** Of two at once the later one stays. */
  remember(clientId: string, learned: LearnedLimit): Promise<void>;
}>;
