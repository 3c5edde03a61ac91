import type { CallsToCome } from "../../../core/ports/pacer.ts";
import type { Call, Price } from "./plan.ts";

/** What a plan comes to: how many calls of it, and all that will be asked for, also behind those. */
type Counts = Readonly<{ calls: number; toCome: readonly CallsToCome[] }>;

export function countCalls(plan: Iterable<Call>, price: Price): Counts {
  let [calls, threads, full, raw, behind] = [0, 0, 0, 0, 0];
  for (const call of plan) {
    calls += 1;
    behind += call.behind;
    if (call.method === "threads.get") threads += 1;
    else if (call.format === "raw") raw += 1;
    else full += 1;
  }
  const isRawCheaper = price("messages.get", "raw") < price("messages.attachments.get");
  const toCome: CallsToCome[] = [
    { method: "threads.get", count: threads },
    { method: "messages.get", format: "full", count: full },
    { method: "messages.get", format: "raw", count: raw + (isRawCheaper ? behind : 0) },
    { method: "messages.attachments.get", count: isRawCheaper ? 0 : behind },
  ];
  return { calls, toCome };
}
