import type { Forecast } from "../core/job.ts";
import type { Clock } from "../core/ports.ts";
import type { Pace } from "../core/quota.ts";
import { createSlidingMinute } from "../core/sliding-minute.ts";

const MINUTE_MS = 60_000;

/** What was done in less time than this says little; until then, what the pacer allows is believed. */
const TELLING_MS = 5_000;

/** Watches calls being done and says when the rest will be. */
export type Forecaster = Readonly<{
  /** A planned call has ended: its list price, and how many messages it brought. */
  done(units: number, messages: number): void;
  read(): Forecast;
}>;

/**
 * For calls that together cost `unitsToDo` at list price. Speed is that of the plan, not of the wire: retries, refusals
 * and calls that no plan foresees slow it down, and so are in it.
 */
export function createForecaster(unitsToDo: number, pace: () => Pace, clock: Clock): Forecaster {
  let units = createSlidingMinute();
  let messages = createSlidingMinute();
  let begunAt = clock.now();
  let unitsLeft = unitsToDo;
  return {
    done(price, count) {
      const now = clock.now();
      units.add(price, now);
      messages.add(count, now);
      unitsLeft -= price;
    },
    read() {
      const now = clock.now();
      const { unitsPerMinute: allowed, waitingUntil } = pace();
      if (waitingUntil !== undefined) {
        // The minute that was spent waiting says nothing of the ones that follow.
        units = createSlidingMinute();
        messages = createSlidingMinute();
        begunAt = waitingUntil;
      }
      const minutes = Math.min(MINUTE_MS, Math.max(1, now - begunAt)) / MINUTE_MS;
      const isTelling = now - begunAt >= TELLING_MS;
      const measured = units.used(now) / minutes;
      const speed = isTelling ? measured : allowed;
      return {
        unitsLeft,
        messagesPerMinute: isTelling ? messages.used(now) / minutes : 0,
        unitsPerMinute: isTelling ? measured : 0,
        unitsPerMinuteAllowed: allowed,
        waitingUntil: waitingUntil ?? null,
        finishAt: speed > 0 ? Math.round(Math.max(now, waitingUntil ?? now) + (unitsLeft / speed) * MINUTE_MS) : null,
      };
    },
  };
}
