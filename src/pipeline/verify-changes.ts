import { createHash } from "node:crypto";

import type { Ledger } from "../core/export/ledger.ts";
import type { Manifest } from "../core/export/manifest.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";
import { CHANGES, readChanges } from "../formats/changes.ts";
import type { Find } from "./verify.ts";

/**
 * Holds changes.ndjson against the manifest, what both say of deletions against each other, and both against the messages
 * that have a record. Of an unfinished export more may stand there than the manifest tells, and another run may have been
 * cut short between the two.
 */
export async function checkChanges(
  path: string,
  manifest: Manifest,
  messages: Ledger,
  read: Pick<ReadDirectory, "open">,
  find: Find,
  signal: AbortSignal,
): Promise<void> {
  const latest = await checkFile(path, manifest, read, find, signal);
  if (!manifest.complete) return;
  const elsewhere = new Set([...manifest.gone, ...manifest.failed.map(({ id }) => id)]);
  const hasRecord = (id: string): boolean => messages.outcome(id) === "exported";
  const deleted = new Set<string>();
  for (const { id, pruned } of manifest.deleted ?? []) {
    if (deleted.has(id)) find("duplicate", id, "is listed twice as deleted");
    deleted.add(id);
    if (pruned && hasRecord(id)) find("extra", id, "is said to be pruned, and has a record");
    if (!pruned && !hasRecord(id)) find("missing", id, "is said to be deleted in Gmail and kept, but has no record");
    if (latest.get(id) === "there") find("malformed", id, `is deleted by the manifest, and not by ${CHANGES}`);
  }
  for (const [id, is] of latest) {
    if (is === "deleted" && !deleted.has(id))
      find("malformed", id, `is deleted by ${CHANGES}, and not by the manifest`);
    else if (!deleted.has(id) && !hasRecord(id) && !elsewhere.has(id))
      find("missing", id, `changed by ${CHANGES}, but has no record`);
  }
}

/** Holds the file against its size and hash, and each line against how it is written; tells what is said last of each message. */
async function checkFile(
  path: string,
  { changes: promised, complete }: Manifest,
  read: Pick<ReadDirectory, "open">,
  find: Find,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, "there" | "deleted">> {
  const latest = new Map<string, "there" | "deleted">();
  if (!promised) return latest;
  await using content = await read.open(path, CHANGES);
  if (!content) {
    find("missing", CHANGES, "is in the manifest, but not on the disk");
    return latest;
  }
  const hash = createHash("sha256");
  let bytes = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of content.read()) {
      signal.throwIfAborted();
      const its = chunk.subarray(0, Math.max(0, promised.bytes - bytes)); // behind that nothing is promised
      bytes += chunk.length;
      hash.update(its);
      if (its.length > 0) yield its;
    }
  };
  for await (const line of readChanges(chunks())) {
    if ("fault" in line) find("malformed", CHANGES, `line ${line.number} ${line.fault}`);
    else if (line.change && "id" in line.change)
      latest.set(line.change.id, line.change.change === "deleted" ? "deleted" : "there");
  }
  const isSound =
    hash.digest("hex") === promised.sha256 && (bytes === promised.bytes || (!complete && bytes > promised.bytes));
  if (!isSound) find("changed", CHANGES, `${bytes} bytes where ${promised.bytes} were written, or other ones`);
  return latest;
}
