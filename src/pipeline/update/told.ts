import type { Ref } from "../../core/mail/ref.ts";
import type { Change } from "../../core/ports/mailbox-source.ts";

/** What a history says of one message, all of it together. */
export type ToldOfMessage = Readonly<{
  ref: Ref;
  /** The labels with which it came, "unclear" where they were not told; undefined where it is not told that it came. */
  addedWith: readonly string[] | "unclear" | undefined;
  /** The last that is told of it is that it was deleted. */
  isRemoved: boolean;
  /** It is told that it was deleted, whatever else is. */
  wasRemoved: boolean;
  /** It is told that it was deleted, and then something else of it: only reading it tells which is true. */
  isContradictory: boolean;
  /** Its labels, as last told. "unclear" where they changed and were not told; undefined where they did not change. */
  labels: readonly string[] | "unclear" | undefined;
}>;

/**
 * What a mailbox's history says of its messages since a moment, taken as a set: what was told in pages, in rounds, or twice
 * comes to one answer for each message.
 */
export type Told = Readonly<{
  add(change: Exclude<Change, { change: "cursor" }>): void;
  find(id: string): ToldOfMessage | undefined;
  all(): Iterable<ToldOfMessage>;
  clear(): void;
  readonly size: number;
}>;

export function createTold(): Told {
  const told = new Map<string, ToldOfMessage>();
  const sets = new Map<string, readonly string[]>(); // many messages have the same few labels
  const shared = (labels: readonly string[]): readonly string[] => {
    const key = JSON.stringify(labels);
    const known = sets.get(key);
    if (!known) sets.set(key, labels);
    return known ?? labels;
  };
  const clear = (labels: readonly string[] | undefined): readonly string[] | "unclear" =>
    labels ? shared(labels) : "unclear";
  return {
    add(change) {
      const { ref } = change;
      const before = told.get(ref.id);
      const isRemoved = change.change === "removed";
      told.set(ref.id, {
        ref,
        addedWith: change.change === "added" ? clear(change.labelIds) : before?.addedWith,
        isRemoved,
        wasRemoved: before?.wasRemoved === true || isRemoved,
        isContradictory: before?.isContradictory === true || (before?.isRemoved === true && !isRemoved),
        labels: change.change === "labels" ? clear(change.labelIds) : before?.labels,
      });
    },
    find: (id) => told.get(id),
    all: () => told.values(),
    clear: () => told.clear(),
    get size() {
      return told.size;
    },
  };
}
