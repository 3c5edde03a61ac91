import { failureOf } from "../core/errors.ts";
import { FORMATS } from "../core/export/format.ts";
import { createLedger, type Ledger } from "../core/export/ledger.ts";
import type { BatchEntry, Manifest } from "../core/export/manifest.ts";
import { faultOfRecord, isRecord, type ExportRecord } from "../core/mail/record.ts";
import { countReplacementCharacters } from "../core/mail/replacement-characters.ts";
import type { MailboxSource } from "../core/ports/mailbox-source.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";
import { batchNumber } from "../formats/batch.ts";
import { CHANGES } from "../formats/changes.ts";
import { MANIFEST } from "../formats/manifest.ts";
import { derivedNames } from "./directory/derived-files.ts";
import { mboxName } from "./directory/mbox-file.ts";
import { manifestIn } from "./manifest-in.ts";
import { createRecordedLabels } from "./recorded-labels.ts";
import { checkAttachments } from "./verify-attachments.ts";
import { checkChanges } from "./verify-changes.ts";
import { checkDerived } from "./verify-derived.ts";
import { checkOnline, type OnlineVerdict } from "./verify-online.ts";
import { checkOriginals } from "./verify-originals.ts";

/**
 * What does not agree. `subject` is a message id or a file name.
 * missing: promised or listed, but not there · extra: there, but not promised · changed: not what was written ·
 * duplicate: a message written twice · malformed: not a record · deleted: it was in Gmail, and no run has seen that ·
 * relabelled: a message has other labels in Gmail, or a label has another name there.
 */
export const FINDING_KINDS = [
  "missing",
  "extra",
  "changed",
  "duplicate",
  "malformed",
  "deleted",
  "relabelled",
] as const;

export type Finding = Readonly<{
  kind: (typeof FINDING_KINDS)[number];
  subject: string;
  detail: string;
}>;

/** Only when Gmail was asked, it tells what was deleted there since and is kept here, and which labels it does not tell of. */
export type Verdict = OnlineVerdict &
  Readonly<{
    /** Nothing in the files contradicts the manifest, nor Gmail where that was asked. */
    sound: boolean;
    manifest: Manifest;
    findings: readonly Finding[];
  }>;

/** How far a check is: records read of all in the files, then messages listed by Gmail. */
export type VerifyProgress = Readonly<{ stage: "files" | "listing"; records: number; of: number; listed: number }>;

/** Records between two reports. */
const REPORT_EVERY = 500;

/**
 * Holds an export directory against its manifest, and against the mailbox when a source is given (see `checkOnline`). Reads
 * every byte, one record in memory at a time.
 */
export async function verify(
  path: string,
  read: ReadDirectory,
  signal: AbortSignal,
  source?: MailboxSource,
  report: (progress: VerifyProgress) => void = () => {},
): Promise<Verdict> {
  const files = await read.files(path);
  const manifest = await manifestIn(path, read);
  const findings: Finding[] = [];
  const find = (kind: Finding["kind"], subject: string, detail: string): void => {
    findings.push({ kind, subject, detail });
  };

  const messages = createLedger();
  const labels = createRecordedLabels(new Set(manifest.deleted?.map(({ id }) => id)));
  const reading = withoutOdd(read);
  const attachments = checkAttachments(path, manifest, reading, find, signal);
  const originals = checkOriginals(path, manifest, reading, find, signal);
  const derived = checkDerived(path, manifest, reading, find, signal);
  let replacementCharacters = 0;
  let records = 0;
  const of = manifest.batches.reduce((sum, { count }) => sum + count, 0);
  report({ stage: "files", records, of, listed: 0 });
  // A run that broke off may have left batches that were rewritten since the manifest was: each is what one of both says.
  const rewritten = Map.groupBy(manifest.complete ? [] : await read.rewritten(path), ({ file }) => file);
  for (const promised of manifest.batches) {
    signal.throwIfAborted();
    const versions = [promised, ...(rewritten.get(promised.file) ?? [])];
    const found = await read.batch(path, promised.file, (text) => {
      replacementCharacters += countReplacementCharacters(text);
      records += 1;
      if (records % REPORT_EVERY === 0) {
        signal.throwIfAborted();
        report({ stage: "files", records, of, listed: 0 });
      }
      const { id, threadId, fault, value, record } = recordIn(text);
      derived.record(text, value);
      if (fault !== undefined) find("malformed", id ?? promised.file, fault);
      if (id === undefined || threadId === undefined) return;
      if (record) {
        attachments.record(id, record);
        originals.record(record);
        if (source) labels.add(record);
      }
      if (!messages.add({ id, threadId })) find("duplicate", id, `stands again in ${promised.file}`);
      else messages.mark(id, "exported");
    });
    const entry = versions.findLast(({ sha256 }) => sha256 === found?.sha256) ?? promised;
    checkFile(entry, found, find);
    await originals.read(entry, versions);
    await derived.read(entry, found?.sha256 === entry.sha256);
  }
  // Where a file does not agree, neither can what is counted in it.
  if (findings.length === 0 && manifest.replacementCharacters !== replacementCharacters)
    find(
      "changed",
      MANIFEST,
      `counts ${manifest.replacementCharacters} U+FFFD where the batches hold ${replacementCharacters}`,
    );
  checkNumbers(manifest, messages, find);
  await checkChanges(path, manifest, messages, reading, find, signal);
  await attachments.files();
  await originals.finish();

  const promised = [...manifest.batches, ...[...rewritten.values()].flat()].flatMap(namesIn);
  const log = manifest.changes || !manifest.complete ? [CHANGES] : [];
  const known = new Set([MANIFEST, `${MANIFEST}.part`, ...log, ...promised]); // a crash may leave that, whatever was done by then
  const unnamed = manifest.complete ? new Set<string>() : namesOfUnfinished(manifest, files);
  for (const file of files)
    if (!known.has(file) && (manifest.complete || !(file.endsWith(".part") || unnamed.has(file))))
      find("extra", file, "is not in the manifest");

  const listed = (count: number): void => report({ stage: "listing", records, of, listed: count });
  if (source) listed(0);
  else report({ stage: "files", records, of, listed: 0 });
  const online = source
    ? await checkOnline({ manifest, messages, labels }, source, find, listed, signal)
    : { deletedSince: [], unprovenLabels: manifest.unprovenLabels ?? [] };
  return { sound: findings.length === 0, manifest, findings, ...online };
}

/** Where a link, a folder or the like has the name of a file, that is missing: what else is wrong is told, too. */
function withoutOdd(read: ReadDirectory): ReadDirectory {
  const unlessOdd = (error: unknown): undefined => {
    if (failureOf(error)?.code !== "directory_damaged") throw error;
  };
  return {
    ...read,
    open: (path, file) => read.open(path, file).catch(unlessOdd),
    hash: (path, file) => read.hash(path, file).catch(unlessOdd),
  };
}

/** Of the files of a batch. */
function namesIn({ file, files = [] }: BatchEntry): string[] {
  return [file].concat(files.map((one) => one.file));
}

/**
 * What may be there before the manifest of an unfinished export says so: what belongs to its batches, in whatever format a
 * run was asked for since, and batches that were finished behind the last one that it names.
 */
function namesOfUnfinished({ batches }: Manifest, files: readonly string[]): ReadonlySet<string> {
  const last = Math.max(0, ...batches.map(({ file }) => batchNumber(file)?.number ?? 0));
  const later = files.filter((file) => !file.endsWith(".part") && (batchNumber(file)?.number ?? 0) > last);
  const all = [...batches.map(({ file }) => file), ...later];
  const names = new Set(all);
  for (const file of all) {
    names.add(mboxName(batchNumber(file)?.number ?? 0));
    for (const name of derivedNames(file, FORMATS)) names.add(name);
  }
  return names;
}

export type Find = (kind: Finding["kind"], subject: string, detail: string) => void;

function recordIn(text: string): {
  id?: string;
  threadId?: string;
  fault?: string;
  value?: unknown;
  record?: ExportRecord;
} {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "a line is not JSON" };
  }
  const fault = isRecord(value) ? undefined : faultOfRecord(value);
  const { "Message-ID": id, "Thread-ID": threadId } = Object(value);
  return {
    value,
    ...(isRecord(value) && { record: value }),
    ...(typeof id === "string" ? { id } : {}),
    ...(typeof threadId === "string" ? { threadId } : {}),
    ...(fault === undefined ? {} : { fault: `the record ${fault}` }),
  };
}

function checkFile(entry: BatchEntry, found: (BatchEntry & { whole: boolean }) | undefined, find: Find): void {
  if (!found) find("missing", entry.file, "is in the manifest, but not on the disk");
  else if (found.sha256 !== entry.sha256)
    find("changed", entry.file, `${found.bytes} bytes where ${entry.bytes} were written, or other ones`);
  else if (!found.whole || found.count !== entry.count)
    find("malformed", entry.file, `holds ${found.count} records where the manifest says ${entry.count}`);
}

function checkNumbers(manifest: Manifest, messages: Ledger, find: Find): void {
  const sum = manifest.batches.reduce((total, { count }) => total + count, 0);
  if (manifest.total_emails !== sum || manifest.total_batches !== manifest.batches.length)
    find("malformed", MANIFEST, "its totals are not the sums of its batches");
  for (const id of [...manifest.gone, ...manifest.failed.map((failed) => failed.id)])
    if (messages.outcome(id) !== undefined) find("duplicate", id, "is exported and said not to be");
}
