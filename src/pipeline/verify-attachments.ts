import type { Manifest } from "../core/export/manifest.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";
import { ATTACHMENTS, attachmentPath, attachmentSha256 } from "../formats/attachment-path.ts";
import { MANIFEST } from "../formats/manifest.ts";
import { createHashSet } from "./directory/hash-set.ts";
import type { Find } from "./verify.ts";

/** What is held against the files of attachments: what the records say of them, told one record after another. */
export type AttachmentCheck = Readonly<{
  record(id: string, record: unknown): void;
  /** Reads every file; to be called when all records were told. */
  files(): Promise<void>;
}>;

/** Every attachment of a record must be in its file, every file be what its name says, and of some record. */
export function checkAttachments(
  path: string,
  { attachments: promised, batches, complete }: Manifest,
  read: ReadDirectory,
  find: Find,
  signal: AbortSignal,
): AttachmentCheck {
  const pointedAt = createHashSet();
  const without = new Set(promised?.without?.map(({ id }) => id));
  let stored = 0;
  let blobs = 0;

  /** The hashes that a record tells, each at the path where it belongs. */
  const hashesIn = (id: string, record: unknown, onFault: Find): string[] => {
    const { Attachments: all } = Object(record);
    if (!Array.isArray(all)) return []; // told as malformed
    return all.flatMap((one: unknown) => {
      const { sha256, path: its, partId } = Object(one);
      if (typeof sha256 !== "string") {
        // While it is unfinished, records that were written before attachments were asked for may wait for theirs.
        if (complete && !without.has(id)) onFault("missing", id, `its attachment ${String(partId)} was not stored`);
        return [];
      }
      if (its !== attachmentPath(sha256))
        onFault("malformed", id, `its attachment ${String(partId)} is said to lie elsewhere`);
      return [sha256];
    });
  };

  const nameMissing = async (there: ReturnType<typeof createHashSet>): Promise<void> => {
    for (const { file } of batches)
      await read.batch(path, file, (text) => {
        for (const sha256 of hashesIn("", JSON.parse(text), () => {}))
          if (there.add(sha256))
            find("missing", attachmentPath(sha256), "a record points at it, but it is not on the disk");
      });
  };

  return {
    record(id, record) {
      if (!promised) return;
      for (const sha256 of hashesIn(id, record, find)) {
        stored += 1;
        if (pointedAt.add(sha256)) blobs += 1;
      }
    },
    async files() {
      if (!promised) return;
      const there = createHashSet();
      let count = 0;
      let blobBytes = 0;
      let isSound = true;
      for await (const name of read.filesIn(path, ATTACHMENTS)) {
        signal.throwIfAborted();
        const sha256 = attachmentSha256(name);
        if (sha256 === undefined || !pointedAt.has(sha256)) {
          // What an unfinished export has stored, a record that is still to be written may point at.
          if (complete || sha256 === undefined) find("extra", name, "no record points at it");
          continue;
        }
        const found = await read.hash(path, name);
        count += 1;
        there.add(sha256);
        blobBytes += found?.bytes ?? 0;
        if (found?.sha256 === sha256) continue;
        isSound = false;
        find("changed", name, "its bytes are not those that were stored");
      }
      if (count < blobs) await nameMissing(there);
      else if (
        complete &&
        isSound &&
        (promised.stored !== stored || promised.blobs !== blobs || promised.blobBytes !== blobBytes)
      )
        find("malformed", MANIFEST, "its totals of attachments are not those of the records and files");
    },
  };
}
