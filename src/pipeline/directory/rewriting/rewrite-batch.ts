import { createHash } from "node:crypto";

import { refuse } from "../../../core/errors.ts";
import type { ChangeEntry } from "../../../core/export/change.ts";
import type { BatchEntry } from "../../../core/export/manifest.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import { batchNumber } from "../../../formats/batch.ts";
import { createEncoder } from "../encode-lines.ts";
import { growBatch, type GrowingBatch, type RecordLine, type UnfinishedBatch } from "../growing-batch.ts";
import type { JournalEntry } from "../journal-entries.ts";
import type { OpenOriginal } from "../mbox-file.ts";
import type { RecordFiles } from "../record-files.ts";

/** What a batch was before it was rewritten. */
export type Before = Readonly<{ files: readonly RecordFiles[]; replacementCharacters: number }>;

/** A batch whose files other ones have taken the place of. */
export type RewrittenBatch = Readonly<{ entry: BatchEntry; stamp: string; batch: GrowingBatch; before: Before }>;

/**
 * A finished batch that is written anew, beside what it is now.
 *
 * Holds always: the old files have their names until the new ones are whole, durable, and were read back; that both
 * are there is in the journal before the first name is given. So whatever stands there when a run breaks off is the old
 * batch, or can be made the new one from what the journal says (`publishRewritten`), and the next run goes on.
 */
export type BatchRewrite = AsyncDisposable &
  Readonly<{
    /** Records that stand in the new file. */
    count(): number;
    /** Adds records, durably. */
    append(records: readonly RecordLine[]): Promise<void>;
    /** The new files take the place of the old. `before` is what was read of those; `changes` are noted with that. */
    finish(before: Before, changes?: readonly ChangeEntry[]): Promise<RewrittenBatch>;
  }>;

export type RewriteOptions = Readonly<{
  /** What an earlier run left of it. */
  begun: UnfinishedBatch | undefined;
  /** See `Rewriting`. */
  purpose: string;
  /** Given where the mbox is written anew, too. Else it stays. */
  openOriginal: OpenOriginal | undefined;
  /** Appends to the journal, durably. */
  note(entries: readonly JournalEntry[]): Promise<void>;
}>;

/** Begins to write a batch anew, or goes on where an earlier run stopped. */
export async function rewriteBatch(
  storage: Storage,
  old: BatchEntry,
  { begun, purpose, openOriginal, note }: RewriteOptions,
): Promise<BatchRewrite> {
  if (!begun) await note([{ rewriting: { file: old.file, sha256: old.sha256, purpose } }]);
  const batch = await growBatch(storage, batchNumber(old.file)!.number, begun, openOriginal);
  const encode = createEncoder();
  return {
    count: () => batch.refs.length,
    append: (records) => batch.append(records, encode),
    async finish(before, changes = []) {
      const made = await batch.end();
      const entry = entryAfter(old, made);
      await readBack(storage, [made, ...(made.files ?? [])]);
      await note([{ rewritten: { was: old.sha256, entry }, ...(changes.length > 0 && { changes }) }]);
      const stamp = await batch.publish();
      return { entry, stamp, batch, before };
    },
    [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
  };
}

/** An mbox that was not written anew stays; so does what is made of records, where those did not change. */
function entryAfter(old: BatchEntry, made: BatchEntry): BatchEntry {
  const isSame = made.sha256 === old.sha256;
  const stays = old.files?.filter(({ format }) => (format === "mbox" ? made.files === undefined : isSame)) ?? [];
  const files = [...(made.files ?? []), ...stays];
  return files.length > 0 ? { ...made, files } : made;
}

/** What will be believed of files is what the disk gives back. Where that is another thing, nothing goes on from it. */
async function readBack(
  storage: Storage,
  files: readonly Pick<BatchEntry, "file" | "bytes" | "sha256">[],
): Promise<void> {
  for (const { file, bytes, sha256 } of files) {
    if (await hasGrownTo(storage, file, bytes, sha256)) continue;
    for (const one of files) await storage.remove(one.file, "growing");
    throw refuse(
      "disk",
      `What was written of ${file} in ${storage.place} is not what can be read of it.`,
      "Check the disk, then start the same export again: nothing that was there was touched.",
    );
  }
}

/** Whether what grows under this name has this size and hash. */
export async function hasGrownTo(storage: Storage, file: string, bytes: number, sha256: string): Promise<boolean> {
  await using content = await storage.open(file, "growing");
  if (content?.bytes !== bytes) return false;
  const hash = createHash("sha256");
  for await (const chunk of content.read()) hash.update(chunk);
  return hash.digest("hex") === sha256;
}
