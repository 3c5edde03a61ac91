import { refuse } from "../../core/errors.ts";
import type { StoredAttachments } from "../../core/export/manifest.ts";
import type { KeepContent } from "../../core/ports/mailbox-source.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { ATTACHMENTS, attachmentPath, attachmentSha256 } from "../../formats/attachment-path.ts";
import { createHashSet } from "./hash-set.ts";
import type { RecordFiles } from "./record-files.ts";
import { createShortfall, type Shortfall } from "./shortfall.ts";

/** Content that a record points at, and its bytes. */
type Pointer = Readonly<{ sha256: string; bytes: number }>;

/** Attachments of the records of a batch: what they point at, and the ids of those that have some that are not stored. */
export type BatchAttachments = Readonly<{ pointers: readonly Pointer[]; unstored: readonly string[] }>;

/**
 * The contents of attachments in a directory.
 *
 * Holds always: content is durable before the record that points at it, and lies in one file however many do. What no
 * record points at, because a run broke off in between or a message failed, is there until the next commit at most.
 */
export type Attachments = Readonly<{
  /** Records whose attachments are not stored. */
  shortfall: Shortfall;
  keep: KeepContent;
  /** What these records point at; throws `directory_damaged` where it is not there. */
  of(files: readonly RecordFiles[]): Promise<BatchAttachments>;
  /** A batch that is finished has these, in place of what it had before. */
  count(file: string, batch: BatchAttachments, before?: BatchAttachments): void;
  totals(): StoredAttachments;
  /** Removes what no record points at. Throws `directory_damaged` where something is missing that one does. */
  tidy(): Promise<void>;
}>;

export function openAttachments(storage: Storage): Attachments {
  const shortfall = createShortfall();
  const pointedAt = createHashSet();
  const totals = { stored: 0, bytes: 0, blobs: 0, blobBytes: 0 };
  /** Of what this run put there, so that it need not be looked for. */
  const sizes = new Map<string, number>();
  return {
    shortfall,
    async keep(chunks) {
      const { sha256, bytes } = await storage.put(attachmentPath, chunks);
      sizes.set(sha256, bytes);
      return { sha256, bytes };
    },
    async of(files) {
      const pointers: Pointer[] = [];
      for (const sha256 of files.flatMap(({ hashes }) => hashes)) {
        const bytes = sizes.get(sha256) ?? (await sizeOf(storage, sha256));
        pointers.push({ sha256, bytes });
      }
      return { pointers, unstored: files.flatMap(({ id, isUnstored }) => (isUnstored ? [id] : [])) };
    },
    count(file, { pointers, unstored }, before) {
      for (const { sha256, bytes } of before?.pointers ?? []) {
        totals.stored -= 1;
        totals.bytes -= bytes;
        if (!pointedAt.remove(sha256)) continue;
        totals.blobs -= 1;
        totals.blobBytes -= bytes;
      }
      for (const { sha256, bytes } of pointers) {
        sizes.delete(sha256);
        totals.stored += 1;
        totals.bytes += bytes;
        if (!pointedAt.add(sha256)) continue;
        totals.blobs += 1;
        totals.blobBytes += bytes;
      }
      shortfall.set(file, unstored);
    },
    totals() {
      const without = shortfall.explained();
      return { ...totals, ...(without.length > 0 && { without }) };
    },
    async tidy() {
      let found = 0;
      for await (const name of storage.namesIn(ATTACHMENTS)) {
        const sha256 = attachmentSha256(name);
        if (sha256 === undefined) continue; // not ours: `verify` names it
        if (pointedAt.has(sha256)) found += 1;
        else await storage.remove(name);
      }
      if (found !== totals.blobs) throw missing(storage.place, `${totals.blobs - found} files of attachments`);
      sizes.clear();
    },
  };
}

async function sizeOf(storage: Storage, sha256: string): Promise<number> {
  await using content = await storage.open(attachmentPath(sha256));
  if (!content) throw missing(storage.place, attachmentPath(sha256));
  return content.bytes;
}

function missing(place: string, what: string): Error {
  return refuse(
    "directory_damaged",
    `Records in ${place} point at what is not there: ${what}.`,
    "Restore the file from a copy, or choose an empty output directory.",
  );
}
