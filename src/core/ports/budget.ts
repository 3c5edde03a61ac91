import type { EpochMs } from "../time.ts";

/** Units of a project's minute in one taker's hands. */
export type Portion = Readonly<{
  units: number;
  /** Nothing of it may be spent later than this: a taker that died spends nothing then, and others can count on that. */
  until: EpochMs;
  /**
   * No more of it will be spent; `unspent` of it goes back to the others at once. Once: what is said again is not heard.
   * Who never says it, as one that died, is taken to have spent all of it at `until`.
   */
  end(unspent: number): Promise<void>;
}>;

/** Units that are asked for: no call can go with fewer than `least`, and more than `most` would lie idle. */
export type Wanted = Readonly<{ least: number; most: number }>;

/**
 * What the users of a Cloud project (`client`: its client id) may spend together, given out in portions: never more than
 * the project's limit is spent in any sixty seconds, however many take part, and nearly all of it is when there is work.
 * Implemented by `state/embedded/budget.ts`.
 */
export type Budget = Readonly<{
  /**
   * Resolves, as soon as there is so much, with at least what is wanted (but for more than a whole minute has). Users who
   * wait take turns. Rejects with the signal's reason when aborted before; nothing was taken then.
   */
  lease(client: string, user: string, units: Wanted, signal: AbortSignal): Promise<Portion>;
}>;
