import type { Refusal } from "./errors.ts";
import type { Method } from "./quota.ts";

/** What the simulator was asked for and what it cost. */
export type Meter = ReturnType<typeof openMeter>;

export function openMeter() {
  let calls: Partial<Record<Method, number>> = {};
  let units = 0;
  let refusals = 0;
  let contentServed = new Map<string, number>();

  return {
    /** Calls that arrived, by method: refused and failed ones too. */
    get calls(): Readonly<Partial<Record<Method, number>>> {
      return calls;
    },
    /** List price of the calls that were let through. */
    get units() {
      return units;
    },
    /** Calls turned away for quota, concurrency or lock-out. */
    get refused() {
      return refusals;
    },
    /** How often this message's content was served whole, alone or within its conversation. */
    gets: (id: string) => contentServed.get(id) ?? 0,
    reset: () => {
      calls = {};
      units = 0;
      refusals = 0;
      contentServed = new Map();
    },

    called: (method: Method) => void (calls[method] = (calls[method] ?? 0) + 1),
    charged: (price: number) => void (units += price),
    refusing: (refusal: Refusal): Refusal => {
      refusals++;
      return refusal;
    },
    served: (ids: readonly string[]) => {
      for (const id of ids) contentServed.set(id, (contentServed.get(id) ?? 0) + 1);
    },
  };
}
