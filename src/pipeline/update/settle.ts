import type { ExportDirectory, Standing, Standings } from "../../core/ports/export-directory.ts";
import type { LabelNames, MailboxSource } from "../../core/ports/mailbox-source.ts";
import { listAll } from "../list.ts";
import { readWhereThere } from "./find-gone.ts";
import type { Followed } from "./follow.ts";
import { assertOfLabel } from "./label-members.ts";

/** `isSettled` where everything could be found out: else what is told from the same place on must be read once more. */
export type Settled = Readonly<{ standings: Standings; isSettled: boolean }>;

/**
 * Comes from what was told of a mailbox to what is true of the messages that have records. What is told in two ways, or
 * unclearly, or only by its absence, is read, message by message, and so is what is said to be deleted: it must not be found
 * either. Where records are about to be taken out (`prunes`), what was deleted by an earlier run is looked for once more.
 */
export async function settle(
  { told, members, cursor }: Followed,
  directory: ExportDirectory,
  names: LabelNames,
  source: MailboxSource,
  signal: AbortSignal,
  prunes = false,
): Promise<Settled> {
  const { ledger, isDeleted } = directory;
  const read = new Map<string, Standing>();
  const toRead = new Set<string>();
  let isSettled = true;

  for (const { ref, isContradictory, isRemoved, addedWith, labels } of told.all()) {
    if (ledger.outcome(ref.id) !== "exported") continue;
    const isBack = isDeleted(ref.id) && (addedWith ?? labels) !== undefined;
    const isUnclear = labels === "unclear" || labels?.some((label) => !names.has(label)); // a label may be no more since
    if (isRemoved || isContradictory || isBack || isUnclear) toRead.add(ref.id);
  }
  if (members) {
    const refused = members.refused;
    // Who has it keeps it or is read; who got it is not known as long as Gmail does not tell.
    if ([...refused].some((label) => names.has(label))) isSettled = false;
    const carriers = refused.size > 0 ? await directory.findCarriers((label) => refused.has(label)) : new Map();
    for (const id of [...members.unsettled, ...[...carriers.values()].flat()])
      if (ledger.outcome(id) === "exported") toRead.add(id);
    for (const id of ledger.ids("exported")) if (!told.of(id) && members.has(id) === isDeleted(id)) toRead.add(id);
  }
  if (prunes) for (const id of ledger.ids("exported")) if (isDeleted(id)) toRead.add(id);
  const withdrawn = await readWithdrawn();
  const size = Math.max(ledger.size, members?.size ?? 0);
  const isKnownToGo = (id: string): boolean => {
    const one = told.of(id);
    return one?.wasRemoved === true || members?.has(id) === false || (!one && isDeleted(id));
  };
  for await (const reading of readWhereThere([...toRead], size, isKnownToGo, source, signal))
    if ("labelIds" in reading) read.set(reading.id, { labels: reading.labelIds });
    else if ("gone" in reading) read.set(reading.id, { deleted: true });
    else isSettled = false;

  /** Labels that were there and are not any more: which messages here have them all the same. */
  async function readWithdrawn(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const found = new Map<string, ReadonlySet<string>>();
    const isWithdrawn = (label: string): boolean => directory.knownLabels.has(label) && !names.has(label);
    if (members || ![...directory.knownLabels].some(isWithdrawn)) return found;
    for (const [label, ids] of await directory.findCarriers(isWithdrawn)) {
      const left = new Set<string>();
      try {
        const filter = { query: "", labels: [label], includeSpamTrash: true };
        for await (const page of listAll(source, filter, null, signal)) for (const { id } of page) left.add(id);
        found.set(label, left);
      } catch (error) {
        await assertOfLabel(error, source, signal);
        for (const id of ids) toRead.add(id);
      }
    }
    return found;
  }

  const find = (id: string): Standing | undefined => {
    if (toRead.has(id)) return read.get(id);
    const labels = told.of(id)?.labels;
    if (labels && labels !== "unclear") return { labels };
    const listed = isDeleted(id) ? undefined : members?.labelIds(id);
    return listed && { labels: listed };
  };
  const known = told.size + toRead.size + (members?.size ?? 0);
  return { standings: { cursor: cursor.value, find, size: known, withdrawn }, isSettled };
}
