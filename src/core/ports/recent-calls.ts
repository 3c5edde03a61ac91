import type { Method, ReadFormat } from "../quota.ts";
import type { EpochMs } from "../time.ts";

/** Calls of one kind that were sent within the second that begins at `at`; those that Google refused for quota stand apart. */
export type Calls = Readonly<{
  at: EpochMs;
  method: Method;
  format?: ReadFormat | undefined;
  count: number;
  refused?: true | undefined;
}>;

/** What one account sent through one Cloud project within the minute before `asOf`. */
export type RecentMinute = Readonly<{
  asOf: EpochMs;
  /** Since when nothing is missing, as far as this machine knows: before that, others may have spent. */
  knownSince: EpochMs;
  /** The process ended by itself, so that nothing was sent after `asOf`. */
  ended: boolean;
  /** From the oldest to the newest. */
  calls: readonly Calls[];
}>;

/**
 * What was sent a moment ago, by client id and account, so that a process that starts anew knows what is spent of
 * Google's minute. Losing it costs a careful minute, so neither ever rejects. Implemented by `state/embedded/recent-calls.ts`.
 */
export type RecentCalls = Readonly<{
  read(clientId: string, account: string): Promise<RecentMinute | undefined>;
  /** Of two at once the later one stays. */
  keep(clientId: string, account: string, minute: RecentMinute): Promise<void>;
}>;
