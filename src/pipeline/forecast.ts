import type { Forecast } from "../core/export/job.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Pace } from "../core/ports/pacer.ts";
import { createSlidingMinute } from "../core/sliding-minute.ts";
import type { EpochMs } from "../core/time.ts";

const MINUTE_MS = 60_000;

/** What was done in less time than this says little of a speed. */
const TELLING_MS = 5_000;

/** After a refusal the first calls come in a burst, out of a minute that was full again: only a longer time tells an end. */
const SETTLED_MS = 30_000;

/** Watches calls being done and says when the rest will be. */
export type Forecaster = Readonly<{
  /** A planned call has ended: its list price, and how many messages it brought. */
  done(units: number, messages: number): void;
  read(): Forecast;
}>;

/**
 * For calls that together cost `unitsToDo` at list price. Speed is that of the plan, not of the wire: retries, refusals
 * and calls that no plan foresees slow it down, and so are in it. No speed is older than the window it claims: what was
 * done before a wait says nothing of what follows.
 */
export function createForecaster(unitsToDo: number, pace: () => Pace, clock: Clock): Forecaster {
  let units = createSlidingMinute();
  let messages = createSlidingMinute();
  let begunAt = clock.now();
  let refusedUntil: EpochMs | undefined;
  let unitsLeft = unitsToDo;

  const isWaiting = (now: EpochMs): boolean => refusedUntil !== undefined && now < refusedUntil;

  /** A gate that closed makes everything before it history. */
  const look = (now: EpochMs): Pace => {
    const seen = pace();
    const { waitingUntil } = seen;
    if (waitingUntil !== undefined && waitingUntil > now && waitingUntil !== refusedUntil) {
      units = createSlidingMinute();
      messages = createSlidingMinute();
      refusedUntil = waitingUntil;
      begunAt = waitingUntil;
    }
    return seen;
  };

  return {
    done(price, count) {
      const now = clock.now();
      look(now);
      units.add(price, now);
      messages.add(count, now);
      unitsLeft = Math.max(0, unitsLeft - price);
    },
    read() {
      const now = clock.now();
      const { unitsPerMinute: allowed, usedLastMinute, isSought } = look(now);
      const lasted = now - begunAt;
      const minutes = Math.min(MINUTE_MS, Math.max(1, lasted)) / MINUTE_MS;
      const isTelling = !isWaiting(now) && lasted >= TELLING_MS;
      const measured = units.used(now) / minutes;
      const isSettled = isTelling && !isSought && (refusedUntil === undefined || lasted >= SETTLED_MS);
      // No minute will bring more than is allowed, however fast the last seconds were.
      const speed = isSettled ? Math.min(measured, allowed) : 0;
      return {
        unitsLeft,
        messagesPerMinute: isTelling ? messages.used(now) / minutes : null,
        unitsPerMinute: isTelling ? measured : null,
        unitsThisMinute: usedLastMinute,
        unitsPerMinuteAllowed: allowed,
        waitingUntil: refusedUntil !== undefined && isWaiting(now) ? refusedUntil : null,
        finishAt: speed > 0 ? Math.round(now + (unitsLeft / speed) * MINUTE_MS) : null,
      };
    },
  };
}
