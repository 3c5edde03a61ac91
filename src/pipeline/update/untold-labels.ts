import type { ExportDirectory } from "../../core/ports/export-directory.ts";
import type { LabelNames, MailboxSource } from "../../core/ports/mailbox-source.ts";
import { assertOfLabel, listLabel, type LabelMembers } from "./label-members.ts";

/** What is known of labels of which neither the history nor the comparison with all of the mailbox tells who has them. */
export type UntoldLabels = Readonly<{
  /** Messages whose labels only reading tells. */
  toRead: ReadonlySet<string>;
  /** Messages whose records stay as they are for now. */
  kept: ReadonlySet<string>;
  /** Labels that are no more, but on these messages. */
  withdrawn: ReadonlyMap<string, ReadonlySet<string>>;
  /** Labels of the mailbox by which it does not list: who got one is not known. */
  unproven: ReadonlySet<string>;
}>;

/** A label that is no more: of so many messages at the most every single one is read. */
const ALL_READ = 50;

/** Of more, so many are: 500 units. */
const SAMPLE = 25;

/**
 * Finds out what can be found out at a bounded price. A label that the mailbox does not have any more is asked for by its
 * members; where Gmail refuses that, its messages are read, or as many of them as it takes to believe that it is off all of
 * them. One that the mailbox has, and by which it does not list, stays where it is the first time. When the next comparison
 * comes to the same, those are read that have it here; from then on its history is followed, and it is asked about once a run.
 */
export async function findUntoldLabels(
  { members, names }: Readonly<{ members: LabelMembers | undefined; names: LabelNames }>,
  directory: ExportDirectory,
  source: MailboxSource,
  signal: AbortSignal,
): Promise<UntoldLabels> {
  const toRead = new Set<string>();
  const kept = new Set<string>();
  const withdrawn = new Map<string, ReadonlySet<string>>();
  const unproven = new Set<string>();
  const untold = members?.refused ?? findUnlisted(directory, names);
  const carriers = untold.size > 0 ? await directory.findCarriers((label) => untold.has(label)) : new Map();
  for (const label of untold) {
    const here: readonly string[] = carriers.get(label) ?? [];
    const there = members ? undefined : await readMembers(label, source, signal);
    if (!names.has(label)) {
      const left = there ?? ((await isOffAll(label, here, source, signal)) ? new Set<string>() : undefined);
      if (left) withdrawn.set(label, left);
      else for (const id of here) toRead.add(id);
    } else if (there) for (const id of there.symmetricDifference(new Set(here))) toRead.add(id);
    else {
      unproven.add(label);
      const isRefusedAgain = directory.unprovenLabels.has(label);
      if (members) for (const id of here) (isRefusedAgain ? toRead : kept).add(id);
    }
  }
  return { toRead, kept, withdrawn, unproven };
}

/** Where the history tells all else: labels that were there and are not any more, and those that could not be compared. */
function findUnlisted({ knownLabels, unprovenLabels }: ExportDirectory, names: LabelNames): ReadonlySet<string> {
  return new Set([...unprovenLabels, ...[...knownLabels].filter((label) => !names.has(label))]);
}

/** Who has a label; undefined where Gmail refuses to tell. */
async function readMembers(
  label: string,
  source: MailboxSource,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const ids = new Set<string>();
  try {
    for await (const refs of listLabel(label, source, signal)) for (const { id } of refs) ids.add(id);
    return ids;
  } catch (error) {
    await assertOfLabel(error, source, signal);
    return undefined;
  }
}

/**
 * Whether a label is off all these messages: Gmail takes one that is deleted off every message at once. It is neither listed
 * nor listed by; where some messages, spread over all of them, do not have it either, none has.
 */
async function isOffAll(
  label: string,
  ids: readonly string[],
  source: MailboxSource,
  signal: AbortSignal,
): Promise<boolean> {
  if (ids.length <= ALL_READ) return false;
  const chosen = Array.from({ length: SAMPLE }, (_, n) => ids[Math.round((n * (ids.length - 1)) / (SAMPLE - 1))]!);
  let without = 0;
  for await (const reading of source.readLabels(chosen, signal)) {
    if (!("labelIds" in reading)) continue;
    if (reading.labelIds.includes(label)) return false;
    without += 1;
  }
  return without * 2 > SAMPLE;
}
