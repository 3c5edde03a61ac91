import type { Budget, Portion } from "../../../core/ports/budget.ts";
import type { EpochMs } from "../../../core/time.ts";

/** So much of what a pace spends is asked for at once, so that a call seldom waits for the answer. */
const AHEAD_MS = 1_000;

/** Sums of broken units are never quite right. */
const ROUNDING = 1e-6;

/** The project's budget as one pacer asks it: its client and user are known. */
export type LeaseUnits = (units: Parameters<Budget["lease"]>[2], signal: AbortSignal) => ReturnType<Budget["lease"]>;

/** What one account has in hand of its project's budget: taken from at once, filled up meanwhile. */
export type ProjectShare = Readonly<{
  /**
   * Takes so many list units, if there are so many. False: they were asked for, and `onMore` is called when they came, or
   * could not be had. `unitsPerMinute` is how fast more will be wanted.
   */
  take(units: number, unitsPerMinute: number, now: EpochMs): boolean;
  /** Nobody waits: what was asked for and has not come is not waited for either. */
  callOff(): void;
}>;

export function createProjectShare(lease: LeaseUnits, onMore: (failure?: unknown) => void): ProjectShare {
  const portions: { readonly portion: Portion; left: number }[] = []; // the one that ends first is spent first
  let asked: AbortController | undefined;
  let isAwaited = false;

  /** What can no longer be spent goes back. */
  const dropLate = (now: EpochMs): void => {
    while (portions.length > 0 && portions[0]!.portion.until < now) {
      const { portion, left } = portions.shift()!;
      void portion.end(left);
    }
  };

  const spend = (units: number): void => {
    let owed = units;
    while (owed > ROUNDING) {
      const first = portions[0]!;
      const part = Math.min(owed, first.left);
      owed -= part;
      first.left -= part;
      if (first.left > ROUNDING) continue;
      portions.shift();
      void first.portion.end(0);
    }
  };

  const ask = async (least: number, most: number): Promise<void> => {
    if (asked) return;
    const mine = new AbortController();
    asked = mine;
    let failure: unknown;
    try {
      const portion = await lease({ least, most }, mine.signal);
      portions.push({ portion, left: portion.units });
    } catch (error) {
      failure = error;
    }
    if (asked !== mine) return;
    asked = undefined;
    if (!isAwaited) return;
    isAwaited = false;
    onMore(failure);
  };

  return {
    take(units, unitsPerMinute, now) {
      dropLate(now);
      const most = Math.max(units, (unitsPerMinute * AHEAD_MS) / 60_000);
      const left = portions.reduce((sum, one) => sum + one.left, 0);
      if (left + ROUNDING < units) {
        isAwaited = true;
        void ask(units, most); // all of them: what is in hand may be too late by then
        return false;
      }
      spend(units);
      // A slow account asks when it needs them: others could use what it only keeps.
      if (left - units < most / 2 && most >= 2 * units) void ask(units, most);
      return true;
    },
    callOff() {
      asked?.abort();
      asked = undefined;
      isAwaited = false;
    },
  };
}
