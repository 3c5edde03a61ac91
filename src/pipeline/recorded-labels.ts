import { growing } from "../core/export/growing.ts";
import { createNames } from "../core/export/names.ts";
import type { ExportRecord } from "../core/mail/record.ts";
import type { LabelNames } from "../core/ports/mailbox-source.ts";
import type { LabelMembers } from "./update/label-members.ts";
import { createLabelSets } from "./update/label-sets.ts";

/** The labels of records and the names that they have there, compact for a million records; without records of `except`. */
export type RecordedLabels = Readonly<{
  add(record: Pick<ExportRecord, "Message-ID" | "Labels" | "Label-Names">): void;
  /** All labels that a record has. */
  ids(): readonly string[];
  /** Labels that the message has here or in the mailbox and not in both; without those that the mailbox does not tell. */
  differing(id: string, members: LabelMembers): readonly string[];
  /** Labels that have another name in the mailbox, or none; with their name in the records. */
  renamed(names: LabelNames): readonly Readonly<{ label: string; name: string }>[];
}>;

export function createRecordedLabels(except: ReadonlySet<string>): RecordedLabels {
  const messages = createNames();
  const setOf = growing(Int32Array, 0); // message → set of labels
  const sets = createLabelSets();
  const known: string[] = [];
  const numbers = new Map<string, number>();
  const recordedNames = new Map<string, Set<string>>(); // label → names
  const numberOf = (label: string): number => {
    const number = numbers.get(label) ?? known.push(label) - 1;
    numbers.set(label, number);
    return number;
  };
  return {
    add({ "Message-ID": id, Labels, "Label-Names": names }) {
      if (except.has(id)) return;
      setOf.set(messages.intern(id), sets.of(Labels.map(numberOf)));
      for (const [at, label] of Labels.entries()) {
        const all = recordedNames.get(label) ?? new Set();
        recordedNames.set(label, all.add(names[at] ?? ""));
      }
    },
    ids: () => known,
    differing(id, members) {
      const message = messages.find(id);
      const there = members.labelIds(id);
      if (message === -1 || !there) return []; // what is no record is told, and what is not settled
      const here = new Set(sets.labels(setOf.at(message)).map((number) => known[number]!));
      return [...here.symmetricDifference(new Set(there))].filter((label) => members.told.has(label));
    },
    renamed: (names) =>
      [...recordedNames].flatMap(([label, all]) =>
        [...all].filter((name) => name !== (names.get(label) ?? label)).map((name) => ({ label, name })),
      ),
  };
}
