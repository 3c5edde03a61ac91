import type { EpochMs } from "./time.ts";

const SLOT_MS = 50;

/** A minute of slots and the one that is being filled: what is counted is never less than the last 60 seconds. */
const SLOTS = 1_201;

/** Units spent over the last sixty seconds, exact to 50 ms. Moments must not go backwards; if they do, time stands still. */
export type SlidingMinute = Readonly<{
  add(units: number, now: EpochMs): void;
  used(now: EpochMs): number;
  /** What of that was spent since `from`. */
  usedSince(from: EpochMs, now: EpochMs): number;
  /** The first moment at which no more than `most` of what was spent lies within the last minute. */
  downTo(most: number, now: EpochMs): EpochMs;
}>;

export function createSlidingMinute(): SlidingMinute {
  const slots = new Float64Array(SLOTS);
  let newest = -Infinity;
  let total = 0;

  const roll = (now: EpochMs): void => {
    const slot = Math.floor(now / SLOT_MS);
    if (slot - newest >= SLOTS) {
      slots.fill(0);
      total = 0;
      newest = slot;
    }
    while (newest < slot) {
      newest += 1;
      total -= slots[newest % SLOTS]!;
      slots[newest % SLOTS] = 0;
    }
  };

  return {
    add(units, now) {
      roll(now);
      slots[newest % SLOTS]! += units;
      total += units;
    },
    used(now) {
      roll(now);
      return total;
    },
    usedSince(from, now) {
      roll(now);
      let sum = 0;
      for (let slot = oldestOf(newest, from); slot <= newest; slot += 1) sum += slots[slot % SLOTS]!;
      return sum;
    },
    downTo(most, now) {
      roll(now);
      let left = total;
      for (let slot = oldestOf(newest, -Infinity); left > most && slot <= newest; slot += 1) {
        left -= slots[slot % SLOTS]!;
        if (left <= most) return (slot + SLOTS) * SLOT_MS;
      }
      return now;
    },
  };
}

function oldestOf(newest: number, from: EpochMs): number {
  return Math.max(0, newest - SLOTS + 1, Math.floor(from / SLOT_MS));
}
