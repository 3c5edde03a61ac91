import type { ChangeEntry } from "../../core/export/change.ts";
import { createLabelNames, readMadeNames } from "../../core/export/label-names.ts";
import type { EpochMs } from "../../core/time.ts";

/** Which changes: each of the words stands in an id, in the kind, or in the name of a label, whatever its capitals. */
export type ChangeQuestion = Readonly<{ since: EpochMs | undefined; search: string }>;

/** A change, its place among all, and labels by their names of then. */
export type FoundChange = Readonly<{
  number: number;
  entry: ChangeEntry;
  labelNames: readonly string[];
  labelNamesBefore: readonly string[];
}>;

/**
 * The latest changes that are asked for, newest first, of those before the one with this number; `next` is the number
 * before which the following page begins, undefined behind the last. All changes pass by twice, one at a time; as many as `limit` are kept.
 */
export async function findChanges(
  readAll: () => AsyncIterable<ChangeEntry>,
  { since, search }: ChangeQuestion,
  limit: number,
  before = Infinity,
): Promise<Readonly<{ found: readonly FoundChange[]; next: number | undefined }>> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const names = createLabelNames(await readMadeNames(readAll()));
  const kept: FoundChange[] = [];
  let number = 0;
  for await (const entry of readAll()) {
    number += 1;
    if (number >= before) break;
    names.follow(entry);
    if (since !== undefined && Date.parse(entry.at) < since) continue;
    const { labels = [], labelsBefore = [] } = labelsOf(entry);
    const [labelNames, labelNamesBefore] = [labels.map(names.nameOf), labelsBefore.map(names.nameOf)];
    if (words.length > 0) {
      const texts = [...textsOf(entry), ...labels, ...labelsBefore, ...labelNames, ...labelNamesBefore];
      const all = texts.join("\n").toLowerCase();
      if (!words.every((word) => all.includes(word))) continue;
    }
    kept.push({ number, entry, labelNames, labelNamesBefore });
    if (kept.length > 2 * (limit + 1)) kept.splice(0, kept.length - limit - 1);
  }
  const last = kept.slice(-limit - 1);
  const found = last.slice(-limit).toReversed();
  return { found, next: last.length > limit ? found.at(-1)?.number : undefined };
}

function labelsOf(entry: ChangeEntry): { labels?: readonly string[]; labelsBefore?: readonly string[] } {
  return "labels" in entry ? entry : {};
}

function textsOf(entry: ChangeEntry): string[] {
  if (entry.change === "begun") return [entry.change];
  if (entry.change !== "label") return [entry.id, entry.change];
  return [entry.change, entry.label, entry.name ?? "", entry.was ?? ""];
}
