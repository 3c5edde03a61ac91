import { budgetContract } from "../../../../test/contracts/budget.ts";
import { EMPTY, settle, type Ledger } from "./ledger.ts";
import { sharedBudget, type SettleLedger } from "./shared-budget.ts";

/** Ledgers in memory, changed step by step as rows of a table are. */
function ledgersInMemory(limit: number, now: () => number): SettleLedger {
  const ledgers = new Map<string, Ledger>();
  return async (client, reports, asked) => {
    const { ledger, answer } = settle(ledgers.get(client) ?? EMPTY, limit, now(), reports, asked);
    ledgers.set(client, ledger);
    return answer;
  };
}

budgetContract("shared, in memory", (limit, clock) => sharedBudget(limit, ledgersInMemory(limit, clock.now), clock));
