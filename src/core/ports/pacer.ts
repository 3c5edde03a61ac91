import type { Method, Prices, ReadFormat, Spent } from "../quota.ts";
import type { EpochMs } from "../time.ts";

/** How fast an account goes now: list units a minute it may spend and did spend, and until when Google bade it wait. */
export type Pace = Readonly<{
  unitsPerMinute: number;
  /** The limit is not known yet: it is that of a new project unless more is found, as an old one is allowed. */
  isSought?: true;
  usedLastMinute: number;
  inFlight: number;
  waitingUntil?: EpochMs;
  /** It is bytes that Google refused, not units. */
  waitsForBytes?: true;
}>;

/** So many calls of one kind. */
export type CallsToCome = Readonly<{ method: Method; format?: ReadFormat | undefined; count: number }>;

/**
 * Minutes that calls will take: what is most likely, and `from` and `to`, which are far apart as long as something is not
 * known: whose limit it is, or what some of the calls are really charged.
 */
export type Outlook = Readonly<{ likely: number; from: number; to: number; notKnown: readonly NotKnown[] }>;

export type NotKnown = "limit" | "price";

/** One call's leave to go. */
export type Turn = Readonly<{
  /** Which of this pacer's turns it is, for `accepted` and `refused`. */
  number: number;
  /** The call leaves now. What was never sent is not counted as spent. */
  sent(): void;
  /** The call has ended, however it ended. */
  done(): void;
}>;

/** Who says when the next call may go: units over time and calls in flight. Made for one account. */
export type Pacer = Readonly<{
  /** The list's. */
  readonly prices: Prices;
  /** Units that such a call is believed to be charged: the list's price, or what was found to be charged. */
  charge(method: Method, format?: ReadFormat): number;
  /** Waits until a call of this method may be sent. Every attempt asks, retries too. */
  turn(method: Method, signal: AbortSignal, format?: ReadFormat): Promise<Turn>;
  /** Google refused this turn's call for quota, of units or of bytes. A named limit is adopted; `at` is when the window it names ends. */
  refused(
    refusal: Readonly<{
      code: "quota_exceeded" | "too_many_concurrent" | "bandwidth_exceeded" | "locked_out";
      at?: EpochMs;
      unitsPerMinute?: number;
    }>,
    turn?: Turn,
  ): void;
  /** This turn's call got through. */
  accepted(turn?: Turn): void;
  /** What has been spent since the pacer was made. */
  spent(): Spent;
  /** How long these calls will take, one after the other at the pace of now. */
  foresee(calls: readonly CallsToCome[]): Outlook;
  pace(): Pace;
}>;
