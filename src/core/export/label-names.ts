import type { ChangeEntry } from "./change.ts";

/** What labels were called, as changes that are followed in their order tell: a name by an id. */
export type LabelNamesOfThen = Readonly<{ follow(change: ChangeEntry): void; nameOf(label: string): string }>;

/** A label of which no change told a name goes by its id, as Gmail's own do. */
export function createLabelNames(): LabelNamesOfThen {
  const names = new Map<string, string>();
  return {
    follow(change) {
      if (change.change === "begun") for (const [label, name] of change.names) names.set(label, name);
      if (change.change !== "label") return;
      if (change.name === null) names.delete(change.label);
      else names.set(change.label, change.name);
    },
    nameOf: (label) => names.get(label) ?? label,
  };
}
