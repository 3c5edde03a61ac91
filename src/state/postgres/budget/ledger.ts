import { z } from "zod";

import type { EpochMs } from "../../../core/time.ts";
import { moment } from "../../rows/stored-values.ts";

/** Milliseconds of a slot in which spending is counted: what is counted is never less than the last sixty seconds. */
const SLOT_MS = 250;
const MINUTE_MS = 60_000;

/** How long a portion may be spent: what is not spent by then is given out again a minute later, if nobody gives it back. */
export const PORTION_MS = 3_000;

/** Part of the limit that flows in: calls reach Google less evenly than they were sent. */
const USABLE = 0.985;

/** How far what is given out runs ahead of an even flow, so that who comes a little later finds it. */
const AHEAD_MS = 1_000;

/** How long a process counts as one that waits after it asked. */
const WAITS_MS = 1_500;

/** Milliseconds until a process that got too little asks again: at the least, in between, at the most. */
const ASK_AGAIN_MS = { least: 20, usual: 200, most: 250 };

/** So much of an even flow is worth a step of its own; less is waited for. */
const WORTH_MS = 100;

/** Sums of broken units are never quite right. */
const ROUNDING = 1e-6;

const amount = z.number().nonnegative();

/** What is known of one project's minute, as it is stored. */
export const ledger = z.object({
  /** The moment of the last step. */
  at: z.number(),
  /** When all that was given out will have flowed in. */
  paid: z.number(),
  /** Units that were spent, by slot. */
  spent: z.array(z.tuple([z.int(), amount])),
  /** Portions that may still be spent, or may have been by who was not heard of again; by id. */
  open: z.record(z.string(), z.object({ units: amount, until: moment })),
  /** Who asked for how much, and when; by process. */
  waiting: z.record(z.string(), z.object({ units: amount, at: moment })),
});

export type Ledger = z.infer<typeof ledger>;

export const EMPTY: Ledger = { at: 0, paid: 0, spent: [], open: {}, waiting: {} };

/** What became of a portion since the last report: what was spent, how long ago; and what never will be. */
export type Report = Readonly<{
  id: string;
  spent: readonly Readonly<{ units: number; agoMs: number }>[];
  unspent: number;
}>;

/** What one process asks for: enough for the smallest call that waits, and no more than all that wait would use. */
export type Asked = Readonly<{ process: string; id: string; least: number; most: number }>;

/** `units` is 0 where there is nothing yet; `againMs` is when it is worth asking again. */
export type Answer = Readonly<{ units: number; againMs: number }>;

/**
 * One step of a project's budget: reports are counted, then as much is given as there is. Units flow in evenly by cost
 * (GCRA, ATM Forum TM 4.0), and beside that the last minute is counted: what was spent where it was spent, what may still
 * be spent as if it were spent at the last moment. So the limit holds whatever becomes of processes and portions. Where
 * several wait, each gets its part of what flowed in by how much it asked for.
 */
export function settle(
  found: Ledger,
  limit: number,
  time: EpochMs,
  reports: readonly Report[],
  asked?: Asked,
): Readonly<{ ledger: Ledger; answer: Answer }> {
  const before = found.at - time > MINUTE_MS ? allSpent(limit, time) : found;
  const now = Math.max(time, before.at); // of two machines' clocks, that which is ahead
  const rate = (limit * USABLE) / MINUTE_MS;
  const spent = new Map(before.spent.filter(([slot]) => (slot + 1) * SLOT_MS > now - MINUTE_MS));
  const open = new Map(Object.entries(before.open).filter(([, { until }]) => until + MINUTE_MS > now));
  const waiting = new Map(Object.entries(before.waiting).filter(([, { at }]) => at + WAITS_MS > now));
  let { paid } = before;

  for (const report of reports) {
    const portion = open.get(report.id);
    if (portion === undefined) continue; // it was counted as spent at its end, and that is a minute ago
    let { units } = portion;
    for (const { units: some, agoMs } of report.spent) {
      const counted = Math.min(units, some);
      const slot = Math.floor((now - Math.max(0, agoMs)) / SLOT_MS);
      spent.set(slot, (spent.get(slot) ?? 0) + counted);
      units -= counted;
    }
    const back = Math.min(units, report.unspent);
    paid -= back / rate;
    if (units - back > ROUNDING) open.set(report.id, { ...portion, units: units - back });
    else open.delete(report.id);
  }

  const answer: { units: number; againMs: number } = { units: 0, againMs: ASK_AGAIN_MS.usual };
  if (asked !== undefined) {
    const room = limit + ROUNDING - sum(spent.values()) - sum([...open.values()].map(({ units }) => units));
    const least = Math.min(asked.least, limit);
    const flowed = (now + AHEAD_MS - Math.max(paid, now)) * rate;
    const lacking = Math.min(asked.most, WORTH_MS * rate) - flowed;
    if (lacking > ROUNDING) answer.againMs = Math.min(ASK_AGAIN_MS.most, Math.max(ASK_AGAIN_MS.least, lacking / rate));
    else if (room < least) answer.againMs = ASK_AGAIN_MS.most;
    else {
      const others = sum([...waiting].map(([name, { units }]) => (name === asked.process ? 0 : units)));
      const share = flowed * (asked.most / (asked.most + others));
      answer.units = Math.min(room, Math.max(least, Math.min(asked.most, share)));
      paid = Math.max(paid, now) + answer.units / rate;
      open.set(asked.id, { units: answer.units, until: now + PORTION_MS });
    }
    const left = asked.most - answer.units;
    if (left > ROUNDING) waiting.set(asked.process, { units: left, at: now });
    else waiting.delete(asked.process);
  }
  return {
    ledger: { at: now, paid, spent: [...spent], open: Object.fromEntries(open), waiting: Object.fromEntries(waiting) },
    answer,
  };
}

/** A clock that went back far: what was spent since is not known, so all of it may have been. */
function allSpent(limit: number, now: EpochMs): Ledger {
  return { ...EMPTY, at: now, paid: now, spent: [[Math.floor(now / SLOT_MS), limit]] };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const one of numbers) total += one;
  return total;
}
