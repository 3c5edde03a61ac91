import type { ChangeEntry } from "../../core/export/change.ts";
import type { ChangeCounts, DeletedMessage } from "../../core/export/manifest.ts";

/** What the changes say together that were noted since the export was finished the last time. */
export type ChangesSeen = Readonly<{
  /** Messages that are deleted in Gmail, by id. */
  deleted: Map<string, DeletedMessage>;
  counts(): ChangeCounts;
  /** Whether the first line of all is among them. */
  hasBegun(): boolean;
  add(changes: readonly ChangeEntry[]): void;
  /** The records of these are taken out, or about to be. */
  prune(ids: readonly string[]): void;
}>;

/** `before` are those that were deleted by then. */
export function createChangesSeen(before: readonly DeletedMessage[]): ChangesSeen {
  const deleted = new Map(before.map((one) => [one.id, one]));
  let begun = false;
  const counts = { added: 0, relabelled: 0, deleted: 0 };
  return {
    deleted,
    counts: () => ({ ...counts }),
    hasBegun: () => begun,
    prune(ids) {
      for (const id of ids) {
        const known = deleted.get(id);
        if (known) deleted.set(id, { ...known, pruned: true });
      }
    },
    add(changes) {
      for (const one of changes)
        switch (one.change) {
          case "begun":
            begun = true;
            break;
          case "added":
            deleted.delete(one.id); // it was, and came back
            counts.added += 1;
            break;
          case "labels":
            counts.relabelled += 1;
            break;
          case "deleted":
            deleted.set(one.id, { id: one.id, seenAt: one.at });
            counts.deleted += 1;
        }
    },
  };
}
