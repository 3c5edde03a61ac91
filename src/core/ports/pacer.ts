import type { Method, Prices, Spent } from "../quota.ts";
import type { EpochMs } from "../time.ts";

/** How fast an account goes now: list units a minute it may spend and did spend, and until when Google bade it wait. */
export type Pace = Readonly<{
  unitsPerMinute: number;
  /** The limit is not known yet: it is that of a new project unless more is found, as an old one is allowed. */
  isSought?: true;
  usedLastMinute: number;
  inFlight: number;
  waitingUntil?: EpochMs;
}>;

/** What of a message a read asks for; Google may charge each at a price of its own, whatever the list says. */
type ReadFormat = "full" | "raw" | "metadata" | "minimal";

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
  readonly prices: Prices;
  /** Waits until a call of this method may be sent. Every attempt asks, retries too. */
  turn(method: Method, signal: AbortSignal, format?: ReadFormat): Promise<Turn>;
  /** Google refused this turn's call for quota. A named limit is adopted; `at` is when the window it names ends. */
  refused(
    refusal: Readonly<{
      code: "quota_exceeded" | "too_many_concurrent" | "locked_out";
      at?: EpochMs;
      unitsPerMinute?: number;
    }>,
    turn?: Turn,
  ): void;
  /** This turn's call got through. */
  accepted(turn?: Turn): void;
  /** What has been spent since the pacer was made. */
  spent(): Spent;
  pace(): Pace;
}>;
