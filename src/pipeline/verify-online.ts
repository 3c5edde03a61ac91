import { ExportError } from "../core/errors.ts";
import type { Ledger } from "../core/export/ledger.ts";
import type { Manifest } from "../core/export/manifest.ts";
import type { Filter } from "../core/mail/filter.ts";
import type { LabelNames, MailboxSource } from "../core/ports/mailbox-source.ts";
import { withLabelIds } from "./labels.ts";
import { listAll } from "./list.ts";
import type { RecordedLabels } from "./recorded-labels.ts";
import { readLabelMembers, type LabelMembers } from "./update/label-members.ts";
import type { Find } from "./verify.ts";

/** What a check against the mailbox needs of the files. */
export type Recorded = Readonly<{ manifest: Manifest; messages: Ledger; labels: RecordedLabels }>;

export type OnlineVerdict = Readonly<{
  /** Messages with a record that the mailbox does not have any more. */
  deletedSince: readonly string[];
  /** Labels of records whose members the mailbox does not tell: that messages have them is not proven. */
  unprovenLabels: readonly string[];
}>;

/** What is not in the export as it is in the mailbox. */
type Differences = Readonly<{
  missing: ReadonlySet<string>;
  deleted: ReadonlySet<string>;
  /** In the manifest's `deleted`, and in the mailbox all the same. */
  back: ReadonlySet<string>;
  /** Message → labels that it has either here or there. */
  relabelled: ReadonlyMap<string, readonly string[]>;
}>;

/**
 * Holds what is recorded against the mailbox as it is now, at the price of listings: 5 units per 500 messages, and per 500
 * members of each label. Whatever differs is asked for once more before it is told. What runs have seen already is no
 * difference: messages in the manifest's `deleted`, and what was moved to spam or the trash, which has another label.
 */
export async function checkOnline(
  { manifest, messages, labels }: Recorded,
  source: MailboxSource,
  find: Find,
  report: (listed: number) => void,
  signal: AbortSignal,
): Promise<OnlineVerdict> {
  const names = await readNames(source, signal);
  const filter = withLabelIds(manifest.filter, names);
  const seen = new Set(manifest.deleted?.map(({ id }) => id));
  const known: Known = { manifest, messages, labels, filter, seen };
  const renamed = labels.renamed(names);

  const isRecorded = (id: string): boolean => messages.outcome(id) !== undefined;
  const asked = new Set([...names.keys(), ...labels.ids()]);
  const readMembers = (ids: ReadonlySet<string>) => readLabelMembers(source, async () => ids, signal, report);
  let members = await readMembers(asked);
  for (let round = 1; round < ROUNDS && members.unsettled.values().some(isRecorded); round += 1)
    members = await readMembers(asked);
  const first = await compare(known, members, source, signal);
  const isDoubtful = [first.missing, first.deleted, first.back, first.relabelled].some(({ size }) => size > 0);
  let told = first;
  let again = members;
  if (isDoubtful) {
    again = await readMembers(labelsOf(first, filter));
    told = confirm(first, await compare(known, again, source, signal, first));
  }
  const namesNow = renamed.length > 0 ? await readNames(source, signal) : names;

  for (const id of told.missing) find("missing", id, "is in Gmail, but not in the export");
  for (const id of told.deleted) find("deleted", id, "was deleted in Gmail, and no run has seen that yet");
  for (const id of told.back) find("changed", id, "is said to be deleted in Gmail, but is there");
  for (const [id, differing] of told.relabelled)
    find(
      "relabelled",
      id,
      `has other labels in Gmail: ${differing.map((label) => namesNow.get(label) ?? label).join(", ")}`,
    );
  for (const id of members.unsettled)
    if (isRecorded(id) && !told.relabelled.has(id))
      find("relabelled", id, "changed in Gmail whenever it was looked at");
  const stillRenamed = new Set(renamed.map(({ label }) => label));
  for (const { label, name } of labels.renamed(namesNow).filter((one) => stillRenamed.has(one.label)))
    find("relabelled", label, nameDetail(name, namesNow.get(label)));
  return {
    deletedSince: [...messages.ids("exported")].filter((id) => isAbsent(id, again)),
    unprovenLabels: labels.ids().filter((label) => members.refused.has(label)),
  };
}

/** What changes while it is listed is listed again, and then told. */
const ROUNDS = 3;

function nameDetail(here: string, there: string | undefined): string {
  return there === undefined
    ? `is the label ${JSON.stringify(here)} here, and none in Gmail any more`
    : `is the label ${JSON.stringify(here)} here, and ${JSON.stringify(there)} in Gmail`;
}

type Known = Recorded & Readonly<{ filter: Filter; seen: ReadonlySet<string> }>;

/** All differences, or those of them that are in `among`. */
async function compare(
  { manifest, messages, labels, filter, seen }: Known,
  members: LabelMembers,
  source: MailboxSource,
  signal: AbortSignal,
  among?: Differences,
): Promise<Differences> {
  const deleted = new Set<string>();
  const back = new Set<string>();
  const relabelled = new Map<string, readonly string[]>();
  for (const id of among ? [...among.deleted, ...among.back, ...among.relabelled.keys()] : messages.ids("exported")) {
    if (seen.has(id)) {
      if (members.has(id)) back.add(id);
    } else if (isAbsent(id, members)) deleted.add(id);
    else {
      const differing = labels.differing(id, members);
      if (differing.length > 0) relabelled.set(id, differing);
    }
  }
  const missing = new Set<string>();
  const failed = new Set(manifest.failed.map(({ id }) => id));
  const isMissing = (id: string): boolean => messages.outcome(id) === undefined && !failed.has(id);
  if (!among || among.missing.size > 0)
    for await (const id of wantedIds(manifest, filter, members, source, signal)) if (isMissing(id)) missing.add(id);
  return { missing, deleted, back, relabelled };
}

/** The messages that such an export has to have. */
async function* wantedIds(
  { max_emails }: Manifest,
  filter: Filter,
  members: LabelMembers,
  source: MailboxSource,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const isTold = max_emails === null && filter.query === "" && filter.labels.length === 0;
  const areSpamAndTrashTold = filter.includeSpamTrash || !HIDDEN.some((label) => members.refused.has(label));
  if (!isTold || !areSpamAndTrashTold) {
    for await (const page of listAll(source, filter, max_emails, signal)) for (const { id } of page) yield id;
    return;
  }
  for (const { id } of members.refs()) {
    const labels = members.labelIds(id) ?? [];
    if (filter.includeSpamTrash || !HIDDEN.some((label) => labels.includes(label))) yield id;
  }
}

const HIDDEN = ["SPAM", "TRASH"];

/** What is unsettled may be there. */
function isAbsent(id: string, members: LabelMembers): boolean {
  return !members.has(id) && !members.unsettled.has(id);
}

/** The labels that tell whether these differences are still there. */
function labelsOf({ missing, relabelled }: Differences, filter: Filter): Set<string> {
  const labels = new Set([...relabelled.values()].flat());
  if (missing.size > 0 && !filter.includeSpamTrash) for (const label of HIDDEN) labels.add(label);
  return labels;
}

/** The differences that are in both. */
function confirm(first: Differences, second: Differences): Differences {
  return {
    missing: first.missing.intersection(second.missing),
    deleted: first.deleted.intersection(second.deleted),
    back: first.back.intersection(second.back),
    relabelled: new Map([...second.relabelled].filter(([id]) => first.relabelled.has(id))),
  };
}

/** Every mailbox has Gmail's own labels: that there are none is not believed. */
async function readNames(source: MailboxSource, signal: AbortSignal): Promise<LabelNames> {
  for (let asked = 0; asked < ASKED_FOR_NAMES; asked += 1) {
    const names = await source.labels(signal);
    if (names.size > 0) return names;
  }
  throw new ExportError({
    code: "malformed_response",
    retry: "backoff",
    message: "Gmail answered that the mailbox has no labels, not even its own.",
    next: "Check again later: nothing was found to differ, and nothing was proven.",
  });
}

const ASKED_FOR_NAMES = 3;
