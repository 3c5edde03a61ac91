import { ExportError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Pacer, Turn } from "../../../core/ports/pacer.ts";
import {
  PRICES,
  readOf,
  READS,
  unitsOf,
  type Method,
  type ReadFormat,
  type Spent,
  type Tier,
} from "../../../core/quota.ts";
import type { EpochMs } from "../../../core/time.ts";
import { bandwidthExceeded, lockedOut } from "../calls/classify.ts";
import { LONG_WAIT_MS } from "../calls/retry.ts";
import { isRead, type Learned } from "./expected.ts";
import { foresee } from "./foresee.ts";
import { createInFlightLimit } from "./in-flight.ts";
import type { LookBack } from "./look-back.ts";
import { createMeasured } from "./measured.ts";
import { createPriceBelief, type SeenPrice } from "./prices.ts";
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

/** Nobody said when bytes are given out again: asked after so long, twice as long after each further refusal, and at the most that. */
const BYTES_MS = { first: 900_000, most: 7_200_000 } as const;

/** Prices are looked at so often; they come out of minutes. */
const PRICES_MS = 5_000;

/** A minute of which less was used than this says nothing of what its calls were charged, but by a refusal. */
const TELLING = 0.8;

/** A refusal after so long without one ends a full minute, which tells a price so well. */
const FULL = { quietMs: 30_000, spread: 0.04 } as const;

/** A price that differs by more than this part of it is told. */
const NEWS = 0.01;

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

type Call = Readonly<{ method: Method; format?: ReadFormat | undefined }>;
type Waiter = Call & Readonly<{ go: (turn: Turn) => void; giveUp: (reason: unknown) => void }>;

/**
 * Lets one account's calls go, first come first served. What was sent and what Google said to it is measured
 * (measured.ts), what the server bears is believed (belief.ts), and from that follows what is done (steering.ts).
 */
export function createPacer(options: PacerOptions): Pacer {
  const { clock, maxInFlight, project, before, onLearned } = options;
  const firstCallAt = before?.calls[0]?.at;
  const priceBelief = createPriceBelief(options.remembered);
  const steering = createSteering(
    { ...options, dearest: priceBelief.dearest(), knownSince: before?.knownSince, firstCallAt },
    firstCallAt ?? clock.now(),
    priceBelief.unitsPerListed,
  );
  const measured = createMeasured();
  const inFlightLimit = createInFlightLimit(maxInFlight);
  const spacing = createSpacing();
  const open = new Map<number, Call>();
  const begunAt = clock.now();
  let pricedAt = -Infinity;
  let quotaRefusedAt = -Infinity;
  let limit = 0; // units of the 2026 list a minute, against which prices are held
  let told = options.remembered;

  const queue: Waiter[] = [];
  let turns = 0;
  let inFlight = 0;
  let inFlightAtSend = 0; // as Google saw it: by the time a refusal is heard, others have ended
  let alarm: Readonly<{ at: EpochMs; off: AbortController }> | undefined;

  let closedUntil: EpochMs = -Infinity;
  let closed = lockedOut; // what is said of that
  let byteRefusals = 0;
  let bytesRefusedAt = -Infinity;
  let pauses = 0; // refusals one after the other
  let heardAfter = -1; // the last turn that was given when a refusal was heard: what was sent before says nothing new
  let alone = false; // one call at a time, until one gets through

  const prices = () => PRICES[steering.believed().tier];
  const unitsFor = ({ method, format }: Call): number =>
    isRead(method) ? priceBelief.units(method, format) : prices()[method] * steering.unitsPerReal();

  /** As if those calls had been this process's own. What came of the refused ones is not known well enough to learn from it. */
  const takeOver = ({ calls, mayBe }: LookBack): void => {
    for (const { at, count, refused, ...call } of calls) {
      const units = unitsFor(call) * count;
      const within = Math.min(at + SECOND_MS, clock.now()); // calls are kept by the second
      measured.spentBefore(units, within);
      if (!refused) steering.passed({ units, at: within, isNew: true }, within);
    }
    for (const { at, count, ...call } of mayBe) measured.spentBefore(unitsFor(call) * count, at);
  };
  if (before) takeOver(before);

  /** Whether a call was sent after the last refusal was heard. */
  const isSince = (turn: Turn | undefined): boolean => (turn?.number ?? turns) > heardAfter;

  /** When the first in line may go: now or earlier, later, or Infinity when a call in flight must end first. */
  const opensAt = (head: Waiter, now: EpochMs): EpochMs => {
    const width = alone ? 1 : Math.min(inFlightLimit.value(), steering.width());
    if (inFlight >= width) return Infinity;
    const units = unitsFor(head);
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
    const between = (unitsFor(head) * MINUTE_MS) / steering.pace(now);
    return at - now > Math.max(HELD_MS, HELD_SPACINGS * between) ? at : now;
  };

  /** Whether the project has units for it. Where they must be waited for, `pump` runs when they came. */
  const isPaid = ({ method }: Waiter, now: EpochMs): boolean =>
    share.take(prices()[method], steering.pace(now) / unitsPerListed(now), now);

  const letGo = (now: EpochMs): void => {
    const { go, ...call } = queue.shift()!;
    const { method } = call;
    const units = unitsFor(call);
    turns += 1;
    inFlight += 1;
    inFlightAtSend = inFlight;
    const number = turns;
    measured.letGo(number, method, units, now);
    open.set(number, call);
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
        open.delete(number);
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

  /** Units in which all here is reckoned, for each that the list has, as calls are mixed now. */
  const unitsPerListed = (now: EpochMs): number => steering.unitsPerListed() * priceBelief.unitsPerListed(now);

  /**
   * A belief that hesitates between meters tells no price. But whichever it is, a minute at whose end a call is refused was
   * full, if there was none refused for so long before.
   */
  const priceOfFullMinute = (seen: SeenPrice, now: EpochMs): SeenPrice => ({
    ...seen,
    factor: limit / measured.used(now),
    spread: FULL.spread,
  });

  const learnPrices = (now: EpochMs, isFull = false): void => {
    pricedAt = now;
    const believed = steering.believed().unitsPerMinute * steering.unitsPerListed();
    if (believed !== limit) priceBelief.startOver();
    limit = believed;
    let seen = steering.price();
    if (seen && isFull && seen.spread > FULL.spread) seen = priceOfFullMinute(seen, now);
    if (seen && priceBelief.learn(seen, now)) steering.repriced(now);
  };

  const tellLearned = (): void => {
    const found = steering.learned();
    if (found === undefined) return;
    const now = { ...found, ...priceBelief.learned() };
    if (told !== undefined && isSame(told, now)) return;
    told = now;
    onLearned?.(now);
  };

  return {
    get prices() {
      return prices();
    },
    charge(method, format) {
      const read = readOf(method, format);
      return prices()[method] * (read === undefined ? 1 : priceBelief.factor(read));
    },
    turn: (method, signal, format) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          reject(signal.reason);
          pump();
        };
        const waiter: Waiter = {
          method,
          format,
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
        if (isNew) {
          alone = true;
          learnPrices(now, now - quotaRefusedAt > FULL.quietMs && now - begunAt > MINUTE_MS);
          quotaRefusedAt = now;
        }
        tellLearned();
        return;
      }
      if (code !== "too_many_concurrent") closed = code === "bandwidth_exceeded" ? bandwidthExceeded : lockedOut;
      if (isNew && code === "bandwidth_exceeded") {
        alone = true;
        byteRefusals = now - bytesRefusedAt > 2 * BYTES_MS.most ? 0 : byteRefusals;
        closedUntil = Math.max(closedUntil, at ?? now + Math.min(BYTES_MS.most, BYTES_MS.first * 2 ** byteRefusals));
        byteRefusals += 1;
        bytesRefusedAt = now;
      } else if (isNew) {
        if (code === "too_many_concurrent") inFlightLimit.refused(inFlightAtSend);
        else alone = true;
        closedUntil = Math.max(closedUntil, now + Math.min(MINUTE_MS, PAUSE_MS * 2 ** pauses));
        pauses += 1;
      }
      if (at !== undefined) closedUntil = Math.max(closedUntil, at);
      // Whoever waits would wait for hours unheard, and with it those behind it in the plan who know of the lock-out.
      if (closedUntil - now >= LONG_WAIT_MS)
        for (const { giveUp } of queue.splice(0)) giveUp(new ExportError(closed(closedUntil)));
    },
    accepted(turn) {
      const now = clock.now();
      inFlightLimit.accepted();
      const isNew = isSince(turn);
      if (isNew) {
        alone = false;
        pauses = 0;
      }
      const call = turn && open.get(turn.number);
      if (call) priceBelief.passed(call.method, call.format, now);
      const isReckoned = steering.passed({ ...measured.accepted(turn?.number, now), isNew }, now);
      const isPriced = now - pricedAt > PRICES_MS && measured.used(now) > TELLING * steering.pace(now);
      if (isPriced) learnPrices(now);
      if (isReckoned || isPriced) tellLearned();
    },
    spent(): Spent {
      const { calls, refused } = measured.totals();
      return { tier: steering.believed().tier, units: unitsOf(calls, prices()), calls: { ...calls }, refused };
    },
    foresee(calls) {
      const known = { steering, prices: priceBelief, maxInFlight, latencyMs: measured.latencyMs() };
      return foresee(calls, known, clock.now());
    },
    pace() {
      const now = clock.now();
      const waitingUntil = Math.max(closedUntil, steering.waitsUntil(now), heldUntil(now));
      return {
        // While a higher limit is looked for calls go faster than what is believed; nothing may be promised from that.
        unitsPerMinute: steering.isSeeking()
          ? steering.believed().unitsPerMinute
          : steering.pace(now) / unitsPerListed(now),
        ...(steering.isSeeking() && { isSought: true as const }),
        usedLastMinute: measured.used(now) / unitsPerListed(now),
        inFlight,
        ...(waitingUntil > now && { waitingUntil }),
        ...(closedUntil > now && closed === bandwidthExceeded && { waitsForBytes: true as const }),
      };
    },
  };
}

/** Whether there is so little between them that it is not worth writing down. */
function isSame(a: Learned, b: Learned): boolean {
  const reads = READS.filter((read) => a.prices?.[read] !== undefined || b.prices?.[read] !== undefined);
  const isClose = (one = 0, other = 0): boolean => Math.abs(one - other) <= NEWS * one;
  return (
    a.tier === b.tier &&
    a.unitsPerMinute === b.unitsPerMinute &&
    isClose(a.priceFactor, b.priceFactor) &&
    reads.every((read) => isClose(a.prices?.[read], b.prices?.[read]))
  );
}
