import type { Budget } from "../../core/ports/budget.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { createSlidingMinute } from "../../core/sliding-minute.ts";
import type { EpochMs } from "../../core/time.ts";
import { createBudgetTurns, type Waiter } from "../budget-turns.ts";

const MINUTE_MS = 60_000;

/** How long a portion may be spent: what is not spent by then is given out again a minute later, if nobody gives it back. */
const PORTION_MS = 2_000;

/** Part of the limit that flows in: calls reach Google less evenly than they were sent. */
const USABLE = 0.98;

/** How far what is given out runs ahead of an even flow, so that a late timer costs nothing. */
const AHEAD_MS = 500;

/** Sums of broken units are never quite right. */
const ROUNDING = 1e-6;

/** The budgets of this process's projects, each with this limit. */
export function embeddedBudget(unitsPerMinute: number, clock: Clock): Budget {
  const projects = new Map<string, ReturnType<typeof createProject>>();
  return {
    async lease(client, user, units, signal) {
      signal.throwIfAborted();
      const project = projects.get(client) ?? createProject(unitsPerMinute, clock);
      projects.set(client, project);
      return project.lease(user, units, signal);
    },
  };
}

/**
 * Units flow in evenly by cost (GCRA, ATM Forum TM 4.0), and beside that the last minute is counted: what was spent at
 * the end of its portion, what may still be spent as if it were spent at the last moment. So the limit holds whatever
 * takers do with their portions.
 */
function createProject(limit: number, clock: Clock) {
  const rate = (limit * USABLE) / MINUTE_MS;
  const spent = createSlidingMinute();
  const open = new Map<symbol, Readonly<{ units: number; until: EpochMs }>>();
  const turns = createBudgetTurns(() => serve());
  const { waiting } = turns;
  let paid = -Infinity; // when all that was given out will have flowed in
  let alarm: AbortController | undefined;

  /** Units that may still be spent, or may have been by who was not heard of again. */
  const held = (now: EpochMs): number => {
    let sum = 0;
    for (const [key, { units, until }] of open)
      if (until + MINUTE_MS <= now) open.delete(key);
      else sum += units;
    return sum;
  };

  const roomAt = (now: EpochMs): number => limit + ROUNDING - held(now) - spent.used(now);

  /** When the next look at what is wanted is worth it; now or earlier: it can be given. */
  const readyAt = (least: number, now: EpochMs): EpochMs => {
    const flowed = paid - AHEAD_MS;
    if (flowed > now || roomAt(now) >= least) return flowed;
    const ends = [...open.values()].map(({ until }) => until + MINUTE_MS);
    const left = limit - least - held(now);
    return Math.min(...ends, left >= 0 ? spent.downTo(left, now) : Infinity);
  };

  const give = ({ wanted: { most }, give: answer }: Waiter, least: number, now: EpochMs): void => {
    const flowed = (now + AHEAD_MS - Math.max(paid, now)) * rate;
    const units = Math.max(least, Math.min(most, flowed, roomAt(now)));
    paid = Math.max(paid, now) + units / rate;
    const key = Symbol();
    const until = now + PORTION_MS;
    open.set(key, { units, until });
    answer({
      units,
      until,
      async end(unspent) {
        if (!open.delete(key)) return;
        spent.add(units - unspent, clock.now());
        paid -= unspent / rate;
        serve();
      },
    });
  };

  const serve = (): void => {
    alarm?.abort();
    alarm = undefined;
    while (waiting.length > 0) {
      const now = clock.now();
      const next = turns.next();
      const least = Math.min(next.wanted.least, limit);
      const at = readyAt(least, now);
      if (at > now) return void wakeAfter(at - now);
      turns.take(next);
      give(next, least, now);
    }
  };

  const wakeAfter = async (delayMs: number): Promise<void> => {
    const mine = new AbortController();
    alarm = mine;
    await clock.sleep(delayMs, mine.signal).catch(() => {});
    if (alarm === mine) serve();
  };

  return { lease: turns.wait };
}
