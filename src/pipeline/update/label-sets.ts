/**
 * Sets of labels as small integers, each set once: a mailbox of a million messages has some thousands of different ones.
 * Labels are numbers themselves. Set 0 is the empty one.
 */
export type LabelSets = Readonly<{
  /** The set with this label in it as well. */
  with(set: number, label: number): number;
  /** The set of these labels. */
  of(labels: Iterable<number>): number;
  /** The labels in a set, from the smallest on. */
  labels(set: number): readonly number[];
}>;

export function createLabelSets(): LabelSets {
  const sets: (readonly number[])[] = [[]];
  const numbers = new Map([["", 0]]); // labels in order → set
  const larger = new Map<number, number>(); // set and label → set with it
  const intern = (labels: readonly number[]): number => {
    const key = labels.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, sets.length);
    return sets.push(labels) - 1;
  };
  return {
    with(set, label) {
      const step = set * MOST_LABELS + label;
      const known = larger.get(step);
      if (known !== undefined) return known;
      const before = sets[set]!;
      const after = before.includes(label) ? set : intern([...before, label].toSorted((a, b) => a - b));
      larger.set(step, after);
      return after;
    },
    of: (labels) => intern([...new Set(labels)].toSorted((a, b) => a - b)),
    labels: (set) => sets[set]!,
  };
}

/** A mailbox has 10,000 labels at the most, and an export remembers some that it no longer has. */
const MOST_LABELS = 1 << 20;
