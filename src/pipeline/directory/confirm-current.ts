import { FORMATS } from "../../core/export/format.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import { sameFilter } from "../../core/mail/filter.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ConfirmCurrent, Purpose, Seen } from "../../core/ports/export-directory.ts";
import type { OpenStorage, Storage } from "../../core/ports/storage.ts";
import { addSpent } from "../../core/quota.ts";
import { ATTACHMENTS, attachmentSha256 } from "../../formats/attachment-path.ts";
import { batchNumber } from "../../formats/batch.ts";
import { CHANGES } from "../../formats/changes.ts";
import { EML } from "../../formats/eml-path.ts";
import { pairsOf } from "./followed.ts";
import { JOURNAL } from "./journal.ts";
import { readGlimpses } from "./known-batches.ts";
import { openManifest, putManifest } from "./manifest-file.ts";

/** As an export that opens waits. */
const GLANCE_MS = 200;

/**
 * Looks whether a directory has all there is, without opening it: what the mailbox says now is held against the manifest,
 * and the files against what they were, by their stamps and sizes. No record is read, and no list of them.
 */
export function createConfirmCurrent(storages: OpenStorage, clock: Clock, tool: string): ConfirmCurrent {
  return async (path, purpose, seen, spent, signal) => {
    const storage = storages(path);
    const glance = (await openManifest(storage))?.manifest;
    if (!glance || !isCurrent(glance, purpose, seen)) return undefined;
    await using hold = await storage.hold(GLANCE_MS, signal);
    const manifest = hold && (await openManifest(storage))?.manifest;
    if (!manifest || !isCurrent(manifest, purpose, seen) || !(await isAsWritten(storage, manifest))) return undefined;
    const confirmed: Manifest = {
      ...manifest,
      export_date: new Date(clock.now()).toISOString(),
      checkedAt: new Date(seen.at).toISOString(),
      quota: addSpent(manifest.quota, spent()),
      tool,
    };
    await putManifest(storage, confirmed);
    return confirmed;
  };
}

/** What a query finds may change with the time alone. */
function isCurrent(manifest: Manifest, purpose: Purpose, { cursor, names }: Seen): boolean {
  const { email, filter, maxEmails, attachments, formats = [] } = purpose;
  const isSame =
    manifest.email === email &&
    sameFilter(manifest.filter, filter) &&
    filter.query === "" &&
    manifest.max_emails === maxEmails;
  const hasAll =
    (!attachments || manifest.attachments !== undefined) &&
    FORMATS.every((format) => !formats.includes(format) || manifest.formats?.includes(format) === true);
  const isUnchanged =
    manifest.historyId === cursor && JSON.stringify(manifest.labelNames) === JSON.stringify(pairsOf(names));
  const isExplained = new Set(manifest.confirmedGone).isSupersetOf(new Set(manifest.gone));
  return (
    manifest.complete &&
    manifest.changes !== undefined &&
    isSame &&
    hasAll &&
    isUnchanged &&
    isExplained &&
    !manifest.unprovenLabels
  );
}

/** Whether all files are there as they were written, and nothing that an unfinished run left. */
async function isAsWritten(storage: Storage, manifest: Manifest): Promise<boolean> {
  const { batches, changes, attachments, originals, formats = [] } = manifest;
  const entries = (await storage.list()) ?? [];
  const isUnfinished = ({ name, growing }: (typeof entries)[number]): boolean =>
    name === JOURNAL || (growing && batchNumber(name) !== undefined);
  if (entries.some(isUnfinished)) return false;
  const there = new Map(entries.filter(({ growing, odd }) => !growing && !odd).map((entry) => [entry.name, entry]));
  const glimpses = await readGlimpses(storage);
  const pointedAt = new Set<string>();
  for (const { file, bytes, sha256, files = [] } of batches) {
    const known = glimpses.get(file);
    if (known?.stamp !== there.get(file)?.stamp || known?.sha256 !== sha256 || known.bytes !== bytes) return false;
    if (files.some((one) => there.get(one.file)?.bytes !== one.bytes)) return false;
    for (const path of known.paths) pointedAt.add(path);
  }
  if (there.get(CHANGES)?.bytes !== changes?.bytes) return false;
  const blobs = attachments ? storage.namesIn(ATTACHMENTS) : [];
  for await (const name of blobs) if (!pointedAt.delete(attachmentSha256(name) ?? "")) return false;
  const originalFiles = originals && formats.includes("eml") ? storage.namesIn(EML) : [];
  for await (const name of originalFiles) if (!pointedAt.delete(name)) return false;
  return [...pointedAt].every((path) => path.startsWith(EML) && !formats.includes("eml"));
}
