import type { Clock, EpochMs } from "../../../core/ports.ts";
import { unitsOf, type Method, type Pacer, type Spent, type Tier, type Turn } from "../../../core/quota.ts";
import { createAllowance, type Limit } from "./allowance.ts";
import { createInFlightLimit } from "./in-flight.ts";
import { createPriceFactor } from "./price-factor.ts";
import { createSpacing, type ProjectBudget } from "./spacing.ts";

const MINUTE_MS = 60_000;

/** After a refusal that names no time: this long, doubled at every further one, up to the minute after which all is forgotten. */
const PAUSE_MS = 1_000;

/** A lock-out may name a time beyond what timers can hold. */
const MAX_SLEEP_MS = 3_600_000;

/** What was found out of a Cloud project; worth keeping per client id. `priceFactor` is what Google charges per listed unit. */
export type Learned = Limit & Readonly<{ priceFactor: number }>;

export type PacerOptions = Readonly<{
  clock: Clock;
  tier: "auto" | Tier;
  /** Units a minute for this account; an explicit number is neither raised nor lowered by anything learned. */
  unitsPerMinute?: number | undefined;
  maxInFlight: number;
  project: ProjectBudget;
  remembered?: Learned | undefined;
  onLearned?: (learned: Learned) => void;
}>;

type Waiter = {
  readonly method: Method;
  readonly go: (turn: Turn) => void;
  /** When the project's budget lets it go; set once it is first in line and nothing else holds it. */
  projectAt?: EpochMs;
};

/**
 * Lets one account's calls go, first come first served, when all of these allow it: an even spacing of units, the sliding
 * minute, the project's budget, the calls in flight, and the last refusal. After a refusal for quota one call goes alone;
 * the others follow when it got through. Every call sent counts as charged, refused ones too.
 */
export function createPacer(options: PacerOptions): Pacer {
  const { clock, maxInFlight, project, remembered, onLearned } = options;
  const allowance = createAllowance(options.tier, options.unitsPerMinute, remembered);
  const factor = createPriceFactor(remembered?.priceFactor ?? 1);
  const inFlightLimit = createInFlightLimit(maxInFlight);
  const spacing = createSpacing();

  const queue: Waiter[] = [];
  const calls: Partial<Record<Method, number>> = {};
  let turns = 0;
  let refusals = 0;
  let inFlight = 0;
  let inFlightAtSend = 0; // as Google saw it: by the time a refusal is heard, others have ended
  let alarm: Readonly<{ at: EpochMs; off: AbortController }> | undefined;

  let closedUntil: EpochMs = -Infinity;
  let pauses = 0; // refusals one after the other
  let answered = false; // a refusal came since the last call was let go: more of them say nothing new
  let alone = false; // one call at a time, until one gets through

  const priceOf = (method: Method): number => allowance.prices()[method] * factor.value();

  /** When the first in line may go: now or earlier, later, or Infinity when a call in flight must end first. */
  const opensAt = (head: Waiter, now: EpochMs): EpochMs => {
    const width = alone ? 1 : Math.min(inFlightLimit.value(), allowance.width(head.method, now));
    if (inFlight >= width) return Infinity;
    const price = priceOf(head.method);
    const left = Math.max(0, allowance.ceiling(now) - price) / factor.value();
    const at = Math.max(closedUntil, spacing.readyAt(), allowance.downTo(left, now));
    if (at <= now) head.projectAt ??= project.reserve(price, now);
    return Math.max(at, head.projectAt ?? at);
  };

  const letGo = (now: EpochMs): void => {
    const { method, go } = queue.shift()!;
    inFlight += 1;
    inFlightAtSend = inFlight;
    answered = false;
    turns += 1;
    spacing.take(priceOf(method), allowance.pace(now), now);
    allowance.sent(method, now);
    let done = false;
    let sent = false;
    go({
      number: turns,
      sent() {
        if (!sent) calls[method] = (calls[method] ?? 0) + 1;
        sent = true;
      },
      done() {
        if (done) return;
        done = true;
        inFlight -= 1;
        pump();
      },
    });
  };

  const pump = (): void => {
    const now = clock.now();
    while (queue.length > 0) {
      const at = opensAt(queue[0]!, now);
      if (at > now) return wakeAt(at, now);
      letGo(now);
    }
    alarm?.off.abort(); // nobody waits for it any more, and it may be hours away
    alarm = undefined;
  };

  /** One alarm is enough: waking too early only means looking again. */
  const wakeAt = (at: EpochMs, now: EpochMs): void => {
    if (at === Infinity || (alarm && alarm.at <= at)) return;
    alarm?.off.abort();
    const mine = { at: Math.min(at, now + MAX_SLEEP_MS), off: new AbortController() };
    alarm = mine;
    void ring(mine);
  };

  const ring = async (mine: NonNullable<typeof alarm>): Promise<void> => {
    await clock.sleep(mine.at - clock.now(), mine.off.signal).catch(() => {});
    if (alarm !== mine) return;
    alarm = undefined;
    pump();
  };

  const tellLearned = (): void => {
    const limit = allowance.learned();
    if (limit) onLearned?.({ ...limit, priceFactor: factor.value() });
  };

  const learnFromQuota = (unitsPerMinute: number | undefined, windowEnd: EpochMs | undefined, now: EpochMs): void => {
    if (!allowance.refused(unitsPerMinute, now)) {
      const windowStart = Math.max(windowEnd ?? now, now) - MINUTE_MS;
      const spent = allowance.usedSince(windowStart, now) * factor.value();
      factor.refused(spent / allowance.unitsPerMinute(), now);
    }
    tellLearned();
  };

  return {
    get prices() {
      return allowance.prices();
    },
    turn: (method, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          reject(signal.reason);
          pump();
        };
        const waiter: Waiter = {
          method,
          go: (turn) => {
            signal.removeEventListener("abort", onAbort);
            resolve(turn);
          },
        };
        queue.push(waiter);
        pump();
        if (queue.includes(waiter)) signal.addEventListener("abort", onAbort, { once: true });
      }),
    refused({ code, at, unitsPerMinute }) {
      const now = clock.now();
      refusals += 1;
      if (!answered) {
        answered = true;
        if (code === "too_many_concurrent") inFlightLimit.refused(inFlightAtSend);
        else alone = true;
        if (code === "quota_exceeded") learnFromQuota(unitsPerMinute, at, now);
        closedUntil = Math.max(closedUntil, now + Math.min(MINUTE_MS, PAUSE_MS * 2 ** pauses));
        pauses += 1;
      }
      // A minute's quota is whole again after a minute, whatever the two clocks say; all else lasts as long as it says.
      if (at !== undefined)
        closedUntil = Math.max(closedUntil, code === "quota_exceeded" ? Math.min(at, now + MINUTE_MS) : at);
    },
    accepted() {
      const now = clock.now();
      inFlightLimit.accepted();
      if (!answered) {
        alone = false;
        pauses = 0;
      }
      const proved = allowance.accepted(now);
      const share = (allowance.used(now) * factor.value()) / allowance.unitsPerMinute();
      if (factor.accepted(share, now) || proved) tellLearned();
    },
    spent(): Spent {
      const units = unitsOf(calls, allowance.prices());
      return { tier: allowance.tier(), units, calls: { ...calls }, refused: refusals };
    },
    pace() {
      const now = clock.now();
      return {
        unitsPerMinute: Math.max(allowance.unitsPerMinute(), allowance.pace(now)) / factor.value(),
        usedLastMinute: allowance.used(now),
        inFlight,
        ...(closedUntil > now && { waitingUntil: closedUntil }),
      };
    },
  };
}
