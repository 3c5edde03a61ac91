import type { ExportDirectory, Standing, Standings } from "../../core/ports/export-directory.ts";
import type { MailboxSource } from "../../core/ports/mailbox-source.ts";
import { readWhereThere } from "./find-gone.ts";
import type { Followed } from "./follow.ts";
import { findUntoldLabels } from "./untold-labels.ts";

/**
 * `isSettled` where everything could be found out: else what is told from the same place on must be read once more.
 * `unprovenLabels` are those of the mailbox by which it does not list.
 */
export type Settled = Readonly<{ standings: Standings; isSettled: boolean; unprovenLabels: ReadonlySet<string> }>;

/**
 * Comes from what was told of a mailbox to what is true of the messages that have records. What is told in two ways, or
 * unclearly, or only by its absence, is read, message by message, and so is what is said to be deleted: it must not be found
 * either. Where records are about to be taken out (`prunes`), what was deleted by an earlier run is looked for once more.
 */
export async function settle(
  followed: Followed,
  directory: ExportDirectory,
  source: MailboxSource,
  signal: AbortSignal,
  prunes = false,
): Promise<Settled> {
  const { told, members, cursor } = followed;
  const { ledger, isDeleted } = directory;
  const { withdrawn, kept, unproven, ...untold } = await findUntoldLabels(followed, directory, source, signal);
  const isExported = (id: string): boolean => ledger.outcome(id) === "exported";
  const toRead = new Set([...findDoubtful(followed, directory), ...untold.toRead].filter(isExported));
  if (prunes) for (const id of ledger.ids("exported")) if (isDeleted(id)) toRead.add(id);

  const read = new Map<string, Standing>();
  let isSettled = unproven.isSubsetOf(directory.unprovenLabels); // what is refused once may be told the next time
  const size = Math.max(ledger.size, members?.size ?? 0);
  const isKnownToGo = (id: string): boolean => {
    const one = told.find(id);
    return one?.wasRemoved === true || members?.has(id) === false || (!one && isDeleted(id));
  };
  for await (const reading of readWhereThere([...toRead], size, isKnownToGo, source, signal))
    if ("labelIds" in reading) read.set(reading.id, { labels: reading.labelIds });
    else if ("gone" in reading) read.set(reading.id, { deleted: true });
    else isSettled = false;

  const find = (id: string): Standing | undefined => {
    if (toRead.has(id)) return read.get(id);
    const labels = told.find(id)?.labels;
    if (labels && labels !== "unclear") return { labels };
    const listed = kept.has(id) ? undefined : members?.labelIds(id);
    return listed && { labels: listed };
  };
  const known = told.size + toRead.size + (members?.size ?? 0);
  return { standings: { cursor: cursor.value, find, size: known, withdrawn }, isSettled, unprovenLabels: unproven };
}

/** Messages of which only reading tells what became of them. */
function* findDoubtful({ told, members, names }: Followed, { ledger, isDeleted }: ExportDirectory): Generator<string> {
  for (const { ref, isContradictory, isRemoved, addedWith, labels } of told.all()) {
    const isBack = isDeleted(ref.id) && (addedWith ?? labels) !== undefined;
    const isUnclear = labels === "unclear" || labels?.some((label) => !names.has(label)); // a label may be no more since
    if (isRemoved || isContradictory || isBack || isUnclear) yield ref.id;
  }
  if (!members) return;
  yield* members.unsettled;
  for (const id of ledger.ids("exported")) if (!told.find(id) && members.has(id) === isDeleted(id)) yield id;
}
