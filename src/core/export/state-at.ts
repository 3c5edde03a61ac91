import type { EpochMs } from "../time.ts";
import type { ChangeEntry } from "./change.ts";
import type { Manifest } from "./manifest.ts";

const DAY_MS = 86_400_000;

/** What was in an export at a moment, as far as that differs from its records as they are now. */
export type StateAt = Readonly<{
  /** The labels of a message that has these now, which are given back where nothing is known to have changed; undefined where it was not there. */
  labelsOf(id: string, now: readonly string[]): readonly string[] | undefined;
  /** The name of a label that has this one now: its id, where Gmail had no name for it. */
  nameOf(label: string, now: string): string;
}>;

/**
 * What was there at the end of a UTC day: told by the changes, in their order, and by what is known to be deleted.
 * Memory is that of a number for each message that ever changed, and of each set of labels once.
 * Where the day ended before the first run did, nobody knows what was there: `begunAt` is when that was.
 */
export async function stateAtEndOf(
  day: EpochMs,
  changes: AsyncIterable<ChangeEntry>,
  deleted: NonNullable<Manifest["deleted"]>,
): Promise<StateAt | Readonly<{ begunAt: string }>> {
  const end = day + DAY_MS;
  const isLater = (at: string): boolean => Date.parse(at) >= end;
  const sets = createLabelSets();
  const messages = new Map<string, number>();
  const names = new Map<string, string | null>();
  for await (const change of changes) {
    const later = isLater(change.at);
    if (change.change === "begun") {
      if (later) return { begunAt: change.at };
      for (const [label, name] of change.names) names.set(label, name);
    } else if (change.change === "label") {
      if (!later) names.set(change.label, change.name);
      else if (!names.has(change.label)) names.set(change.label, change.was);
    } else if (!later) messages.set(change.id, change.change === "deleted" ? ABSENT : sets.numberOf(change.labels));
    else if (!messages.has(change.id)) {
      const { change: kind } = change; // the first behind that day tells what was before it
      if (kind === "added") messages.set(change.id, ABSENT);
      else messages.set(change.id, sets.numberOf(change.labelsBefore ?? change.labels));
    }
  }
  for (const { id, seenAt } of deleted) if (!messages.has(id) && !isLater(seenAt)) messages.set(id, ABSENT);
  return {
    labelsOf(id, now) {
      const number = messages.get(id);
      return number === undefined ? now : sets.at(number);
    },
    nameOf(label, now) {
      const name = names.get(label);
      return name === undefined ? now : (name ?? label);
    },
  };
}

const ABSENT = -1;

/** Each set of labels once: messages by the hundred thousand share a few. */
function createLabelSets() {
  const numbers = new Map<string, number>();
  const sets: (readonly string[])[] = [];
  return {
    numberOf(labels: readonly string[]): number {
      const key = JSON.stringify(labels);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, sets.length);
      return sets.push(labels) - 1;
    },
    at: (number: number): readonly string[] | undefined => sets[number],
  };
}
