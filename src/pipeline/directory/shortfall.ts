import type { Without } from "../../core/export/manifest.ts";
import { batchNumber } from "../../formats/batch.ts";

/**
 * Which records of the finished batches lack something that was asked for, attachments or an original, and why they will
 * not have it, where that is known.
 */
export type Shortfall = Readonly<{
  /** Why messages lack it; what is told later of the same message counts. */
  explain(reasons: readonly Without[]): void;
  /** These records of a batch lack it, and no others. */
  set(file: string, ids: readonly string[]): void;
  /** What was told of a message last. */
  reason(id: string): Without | undefined;
  /** Whether a message that lacks it may still have it: nobody knows why it should not, or it was not to be had only for now. */
  isOpen(id: string): boolean;
  /** How many of a batch those are. */
  countOpen(file: string): number;
  /** Those of all batches of which is known why, in the order of the batches. */
  explained(): Without[];
  /** All that was told. */
  reasons(): Iterable<Without>;
}>;

export function createShortfall(): Shortfall {
  const reasons = new Map<string, Without>();
  /** By batch, as JSON: a million ids are to take no more than they must. */
  const lacking = new Map<string, string>();
  const idsOf = (file: string): string[] => {
    const ids: string[] = JSON.parse(lacking.get(file) ?? "[]");
    return ids;
  };
  const isOpen = (id: string): boolean => {
    const reason = reasons.get(id);
    return reason === undefined || reason.attempts !== undefined;
  };
  return {
    explain(all) {
      for (const one of all) reasons.set(one.id, one);
    },
    set(file, ids) {
      if (ids.length === 0) lacking.delete(file);
      else lacking.set(file, JSON.stringify(ids));
    },
    reason: (id) => reasons.get(id),
    isOpen,
    countOpen: (file) => (lacking.has(file) ? idsOf(file).filter(isOpen).length : 0),
    explained: () =>
      [...lacking.keys()]
        .toSorted((a, b) => (batchNumber(a)?.number ?? 0) - (batchNumber(b)?.number ?? 0))
        .flatMap((file) => idsOf(file).flatMap((id) => reasons.get(id) ?? [])),
    reasons: () => reasons.values(),
  };
}
