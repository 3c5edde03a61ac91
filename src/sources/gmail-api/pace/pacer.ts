import { ExportError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { EpochMs } from "../../../core/time.ts";
import { PRICES, unitsOf, type Method, type Spent, type Tier } from "../../../core/quota.ts";
import type { Pacer, Turn } from "../../../core/ports/pacer.ts";
import { lockedOut } from "../calls/classify.ts";
import { LONG_WAIT_MS } from "../calls/retry.ts";
import { isRead, type Learned } from "./expected.ts";
import { createInFlightLimit } from "./in-flight.ts";
import type { LookBack } from "./look-back.ts";
import { createMeasured } from "./measured.ts";
import { createProjectShare, type LeaseUnits } from "./project-share.ts";
import { createSpacing } from "./spacing.ts";
import { createSteering } from "./steering.ts";

export type { Learned } from "./expected.ts";

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** After a refusal that says nothing of units: this long, doubled at every further one, up to the minute after which all is forgotten. */
const PAUSE_MS = 1_000;

/** So long without a call, and so many times as long as calls are apart, is a wait that people are told of. */
const HELD_MS = 3_000;
const HELD_SPACINGS = 4;

/** A lock-out may name a time beyond what timers can hold. */
const MAX_SLEEP_MS = 3_600_000;

export type PacerOptions = Readonly<{
  clock: Clock;
  tier: "auto" | Tier;
  /** Units a minute for this account; an explicit number is neither raised nor lowered by anything learned. */
  unitsPerMinute?: number | undefined;
  maxInFlight: number;
  /** What all accounts of the Cloud project share. */
  project: LeaseUnits;
  remembered?: Learned | undefined;
  /** What was sent in the minute before; nothing, and for certain, where it is left out. */
  before?: LookBack | undefined;
  onLearned?: (learned: Learned) => void;
}>;

type Waiter = Readonly<{ method: Method; go: (turn: Turn) => void; giveUp: (reason: unknown) => void }>;

/**
 * Lets one account's calls go, first come first served. What was sent and what Google said to it is measured
 * (measured.ts), what the server bears is believed (belief.ts), and from that follows what is done (steering.ts).
 */
export function createPacer(options: PacerOptions): Pacer {
  const { clock, maxInFlight, project, before, onLearned } = options;
  const steering = createSteering({ ...options, knownSince: before?.knownSince }, before?.calls[0]?.at ?? clock.now());
  const measured = createMeasured();
  const inFlightLimit = createInFlightLimit(maxInFlight);
  const spacing = createSpacing();

  const queue: Waiter[] = [];
  let turns = 0;
  let inFlight = 0;
  let inFlightAtSend = 0; // as Google saw it: by the time a refusal is heard, others have ended
  let alarm: Readonly<{ at: EpochMs; off: AbortController }> | undefined;

  let closedUntil: EpochMs = -Infinity;
  let pauses = 0; // refusals one after the other
  let heardAfter = -1; // the last turn that was given when a refusal was heard: what was sent before says nothing new
  let alone = false; // one call at a time, until one gets through

  const prices = () => PRICES[steering.believed().tier];
  const unitsFor = (method: Method): number =>
    isRead(method) ? PRICES["2026"][method] : prices()[method] * steering.unitsPerReal();

  /** As if those calls had been this process's own. What came of the refused ones is not known well enough to learn from it. */
  const takeOver = ({ calls, mayBe }: LookBack): void => {
    for (const { at, method, count, refused } of calls) {
      const units = unitsFor(method) * count;
      const within = Math.min(at + SECOND_MS, clock.now()); // calls are kept by the second
      measured.spentBefore(units, within);
      if (!refused) steering.passed({ units, at: within, isNew: true }, within);
    }
    for (const { at, method, count } of mayBe) measured.spentBefore(unitsFor(method) * count, at);
  };
  if (before) takeOver(before);

  /** Whether a call was sent after the last refusal was heard. */
  const isSince = (turn: Turn | undefined): boolean => (turn?.number ?? turns) > heardAfter;

  /** When the first in line may go: now or earlier, later, or Infinity when a call in flight must end first. */
  const opensAt = (head: Waiter, now: EpochMs): EpochMs => {
    const width = alone ? 1 : Math.min(inFlightLimit.value(), steering.width());
    if (inFlight >= width) return Infinity;
    const units = unitsFor(head.method);
    const left = Math.max(0, steering.ceiling(now) - units);
    return Math.max(
      closedUntil,
      spacing.readyAt(steering.ahead(units, now)),
      measured.downTo(left, now),
      steering.opensAt(units, now),
    );
  };

  /** Until when nothing goes: no call for far longer than the even spacing of calls takes, because the minute is spent. */
  const heldUntil = (now: EpochMs): EpochMs => {
    const [head] = queue;
    const at = head === undefined ? now : opensAt(head, now);
    if (head === undefined || at === Infinity) return now; // a call in flight must end first
    const between = (unitsFor(head.method) * MINUTE_MS) / steering.pace(now);
    return at - now > Math.max(HELD_MS, HELD_SPACINGS * between) ? at : now;
  };

  /** Whether the project has units for it. Where they must be waited for, `pump` runs when they came. */
  const isPaid = ({ method }: Waiter, now: EpochMs): boolean => {
    const listed = steering.unitsPerListed();
    return share.take(unitsFor(method) / listed, steering.pace(now) / listed, now);
  };

  const letGo = (now: EpochMs): void => {
    const { method, go } = queue.shift()!;
    const units = unitsFor(method);
    turns += 1;
    inFlight += 1;
    inFlightAtSend = inFlight;
    const number = turns;
    measured.letGo(number, method, units, now);
    spacing.take(units, steering.pace(now), now);
    let done = false;
    go({
      number,
      sent: () => measured.sent(number, clock.now()),
      done() {
        if (done) return;
        done = true;
        inFlight -= 1;
        measured.done(number);
        pump();
      },
    });
  };

  const pump = (): void => {
    const now = clock.now();
    while (queue.length > 0) {
      const at = opensAt(queue[0]!, now);
      if (at > now) return wakeAt(at, now);
      if (!isPaid(queue[0]!, now)) return;
      letGo(now);
    }
    share.callOff();
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

  const share = createProjectShare(project, (failure) => {
    if (failure !== undefined) queue.shift()?.giveUp(failure);
    pump();
  });

  const tellLearned = (): void => {
    const learned = steering.learned();
    if (learned) onLearned?.(learned);
  };

  return {
    get prices() {
      return prices();
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
          giveUp: (reason) => {
            signal.removeEventListener("abort", onAbort);
            reject(reason);
          },
        };
        queue.push(waiter);
        pump();
        if (queue.includes(waiter)) signal.addEventListener("abort", onAbort, { once: true });
      }),
    refused({ code, at, unitsPerMinute }, turn) {
      const now = clock.now();
      const call = measured.refused(turn?.number, now);
      const isNew = isSince(turn);
      heardAfter = turns;
      if (code === "quota_exceeded") {
        steering.refused({ ...call, isNew, named: unitsPerMinute, windowEnd: at }, now);
        if (isNew) alone = true;
        tellLearned();
        return;
      }
      if (isNew) {
        if (code === "too_many_concurrent") inFlightLimit.refused(inFlightAtSend);
        else alone = true;
        closedUntil = Math.max(closedUntil, now + Math.min(MINUTE_MS, PAUSE_MS * 2 ** pauses));
        pauses += 1;
      }
      if (at === undefined) return;
      closedUntil = Math.max(closedUntil, at);
      // Whoever waits would wait for hours unheard, and with it those behind it in the plan who know of the lock-out.
      if (closedUntil - now >= LONG_WAIT_MS)
        for (const { giveUp } of queue.splice(0)) giveUp(new ExportError(lockedOut(closedUntil)));
    },
    accepted(turn) {
      const now = clock.now();
      inFlightLimit.accepted();
      const isNew = isSince(turn);
      if (isNew) {
        alone = false;
        pauses = 0;
      }
      if (steering.passed({ ...measured.accepted(turn?.number, now), isNew }, now)) tellLearned();
    },
    spent(): Spent {
      const { calls, refused } = measured.totals();
      return { tier: steering.believed().tier, units: unitsOf(calls, prices()), calls: { ...calls }, refused };
    },
    pace() {
      const now = clock.now();
      const waitingUntil = Math.max(closedUntil, steering.waitsUntil(now), heldUntil(now));
      return {
        // While a higher limit is looked for calls go faster than what is believed; nothing may be promised from that.
        unitsPerMinute: steering.isSeeking()
          ? steering.believed().unitsPerMinute
          : steering.pace(now) / steering.unitsPerListed(),
        ...(steering.isSeeking() && { isSought: true as const }),
        usedLastMinute: measured.used(now) / steering.unitsPerListed(),
        inFlight,
        ...(waitingUntil > now && { waitingUntil }),
      };
    },
  };
}
