import type { ChangeEntry } from "./change.ts";

/** What labels were called, as changes that are followed in their order tell: a name by an id. */
export type LabelNamesOfThen = Readonly<{ follow(change: ChangeEntry): void; nameOf(label: string): string }>;

/**
 * The first name of each label that was made after the first run. A run tells of labels behind the messages that have them:
 * what is told of those in passing knows no names but these.
 */
export async function readMadeNames(changes: AsyncIterable<ChangeEntry>): Promise<ReadonlyMap<string, string>> {
  const made = new Map<string, string>();
  for await (const one of changes)
    if (one.change === "label" && one.was === null && one.name !== null && !made.has(one.label))
      made.set(one.label, one.name);
  return made;
}

/** A label of which no change told a name goes by the one that it was made with, or by its id, as Gmail's own do. */
export function createLabelNames(made: ReadonlyMap<string, string>): LabelNamesOfThen {
  const names = new Map<string, string>();
  return {
    follow(change) {
      if (change.change === "begun") for (const [label, name] of change.names) names.set(label, name);
      if (change.change !== "label") return;
      if (change.name === null) names.delete(change.label);
      else names.set(change.label, change.name);
    },
    nameOf: (label) => names.get(label) ?? made.get(label) ?? label,
  };
}
