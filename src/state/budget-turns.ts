import type { Portion, Wanted } from "../core/ports/budget.ts";

/** A user who waits for units of a project. */
export type Waiter = Readonly<{ user: string; wanted: Wanted; give: (portion: Portion) => void }>;

/** Those who wait for units of one project: who was given something longest ago comes first. */
export type BudgetTurns = Readonly<{
  waiting: readonly Waiter[];
  /** Whose turn it is; there must be one who waits. Of users given something equally long ago, who came first. */
  next(): Waiter;
  /** It has its turn now, and no longer waits. */
  take(waiter: Waiter): void;
  /** Waits for a portion. Rejects with the signal's reason when aborted before. */
  wait(user: string, wanted: Wanted, signal: AbortSignal): Promise<Portion>;
}>;

/** `serve` is called whenever somebody comes, or goes without having been given anything. */
export function createBudgetTurns(serve: () => void): BudgetTurns {
  const waiting: Waiter[] = [];
  const servedAt = new Map<string, number>(); // by user, the number of the last turn
  let turns = 0;
  const leave = (waiter: Waiter): void => void waiting.splice(waiting.indexOf(waiter), 1);
  return {
    waiting,
    next: () =>
      waiting.reduce((first, one) => ((servedAt.get(one.user) ?? 0) < (servedAt.get(first.user) ?? 0) ? one : first)),
    take(waiter) {
      leave(waiter);
      turns += 1;
      servedAt.set(waiter.user, turns);
    },
    wait: (user, wanted, signal) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => {
          leave(waiter);
          reject(signal.reason);
          serve();
        };
        const waiter: Waiter = {
          user,
          wanted,
          give(portion) {
            signal.removeEventListener("abort", onAbort);
            resolve(portion);
          },
        };
        waiting.push(waiter);
        signal.addEventListener("abort", onAbort, { once: true });
        serve();
      }),
  };
}
