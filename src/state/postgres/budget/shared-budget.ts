import { randomUUID } from "node:crypto";

import type { Budget } from "../../../core/ports/budget.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { EpochMs } from "../../../core/time.ts";
import { createBudgetTurns, type Waiter } from "../../budget-turns.ts";
import { PORTION_MS, type Answer, type Asked, type Report } from "./ledger.ts";

/** The ledger of a project, wherever it lies: each step is one for all processes. */
export type SettleLedger = (client: string, reports: readonly Report[], asked?: Asked) => Promise<Answer>;

/** What is in hand shorter than this is given back: nobody could send a call by then. */
const SHORTEST_MS = 1_000;

/** Milliseconds until the ledger is asked again after it did not answer. */
const AFTER_FAILURE_MS = 1_000;

/** Sums of broken units are never quite right. */
const ROUNDING = 1e-6;

/** A portion of the ledger's in this process's hands: `left` of it was not given on yet, `given` parts are out. */
type Pot = { readonly id: string; readonly until: EpochMs; left: number; given: number };

type Spent = Readonly<{ id: string; units: number; at: EpochMs }>;

/**
 * A budget that many processes share. Each takes portions for all of its users at once, and gives them on in turn. Where
 * the ledger does not answer nothing is given, until it does.
 */
export function sharedBudget(unitsPerMinute: number, settle: SettleLedger, clock: Clock): Budget {
  const projects = new Map<string, ReturnType<typeof createProject>>();
  return {
    async lease(client, user, units, signal) {
      signal.throwIfAborted();
      const project =
        projects.get(client) ?? createProject(unitsPerMinute, (...step) => settle(client, ...step), clock);
      projects.set(client, project);
      return project.lease(user, units, signal);
    },
  };
}

function createProject(
  limit: number,
  settle: (reports: readonly Report[], asked?: Asked) => Promise<Answer>,
  clock: Clock,
) {
  const name = randomUUID();
  let pots: Pot[] = []; // the one that ends first is given first
  const turns = createBudgetTurns(() => serve());
  const { waiting } = turns;
  let spent: Spent[] = [];
  let unspent: Readonly<{ id: string; units: number }>[] = [];
  let isAsking = false;
  let askedAt = -Infinity;
  let pause: AbortController | undefined;

  const giveBack = (given: readonly Pot[]): void => {
    pots = pots.filter((pot) => !given.includes(pot));
    for (const { id, left } of given) if (left > 0) unspent.push({ id, units: left });
  };

  const give = (pot: Pot, { wanted, give: answer }: Waiter): void => {
    const units = Math.min(wanted.most, pot.left);
    pot.left -= units;
    pot.given += 1;
    let isOver = false;
    answer({
      units,
      until: pot.until,
      async end(back) {
        if (isOver) return;
        isOver = true;
        pot.given -= 1;
        if (units - back > 0) spent.push({ id: pot.id, units: units - back, at: Math.min(clock.now(), pot.until) });
        if (pots.includes(pot)) pot.left += back;
        else if (back > 0) unspent.push({ id: pot.id, units: back });
        serve();
      },
    });
  };

  /** Gives what is in hand, and sees that more comes where it does not suffice. */
  const serve = (): void => {
    const now = clock.now();
    giveBack(pots.filter(({ until }) => until - now < SHORTEST_MS));
    while (waiting.length > 0) {
      const next = turns.next();
      const least = Math.min(next.wanted.least, limit);
      const pot = pots.find(({ left }) => left + ROUNDING >= least);
      if (pot === undefined) break;
      turns.take(next);
      give(pot, next);
    }
    if (waiting.length === 0) pause?.abort();
    if (waiting.length === 0 && pots.every(({ given }) => given === 0)) giveBack(pots);
    if (!isAsking && isWorthAsking(now)) void ask();
  };

  /** What was spent is as good reported later; what was not, others may wait for. */
  const isWorthAsking = (now: EpochMs): boolean =>
    waiting.length > 0 || (unspent.length > 0 && (pots.length === 0 || now - askedAt >= SHORTEST_MS));

  const takeReports = (now: EpochMs): readonly Report[] => {
    const ids = new Set([...spent, ...unspent].map(({ id }) => id));
    const reports = Array.from(ids, (id) => ({
      id,
      spent: spent.filter((one) => one.id === id).map(({ units, at }) => ({ units, agoMs: now - at })),
      unspent: unspent.filter((one) => one.id === id).reduce((total, { units }) => total + units, 0),
    }));
    [spent, unspent] = [[], []];
    return reports;
  };

  const ask = async (): Promise<void> => {
    isAsking = true;
    try {
      for (let now = clock.now(); isWorthAsking(now); now = clock.now()) {
        askedAt = now;
        await step(now);
      }
    } finally {
      isAsking = false;
    }
  };

  const step = async (now: EpochMs): Promise<void> => {
    const id = randomUUID();
    const most = waiting.reduce((total, { wanted }) => total + Math.max(wanted.least, wanted.most), 0);
    const asked = waiting.length > 0 ? { process: name, id, least: turns.next().wanted.least, most } : undefined;
    // Reports of a step that failed are not told again: it may have been made. They count as spent at the last moment.
    const answer = await settle(takeReports(now), asked).catch(() => ({ units: 0, againMs: AFTER_FAILURE_MS }));
    if (answer.units > 0) pots.push({ id, until: now + PORTION_MS, left: answer.units, given: 0 });
    serve();
    if (asked === undefined || waiting.length === 0 || unspent.length > 0) return; // what came back may suffice
    pause = new AbortController();
    await clock.sleep(answer.againMs, pause.signal).catch(() => {});
    pause = undefined;
    serve();
  };

  return { lease: turns.wait };
}
