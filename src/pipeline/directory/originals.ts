import { createHash } from "node:crypto";

import { refuse } from "../../core/errors.ts";
import type { Format } from "../../core/export/format.ts";
import type { StoredOriginals } from "../../core/export/manifest.ts";
import type { Keepers } from "../../core/ports/mailbox-source.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { isoDate } from "../../formats/iso-date.ts";
import { EML, emlPath } from "../../formats/eml-path.ts";
import { createHashSet } from "./hash-set.ts";
import type { RecordFiles } from "./record-files.ts";

/** Originals of the records of a batch: each with its bytes, and the ids of those that have none. */
export type BatchOriginals = Readonly<{
  written: readonly Readonly<{ path: string; bytes: number }>[];
  without: readonly string[];
}>;

/**
 * The originals in a directory, a file each.
 *
 * Holds always: an original is durable before the record that tells its hash. One without a record, because a run broke
 * off in between or a message turned out to be gone, is there until the next commit at most.
 */
export type Originals = Readonly<{
  formats: readonly Format[];
  keep: Keepers["original"];
  /** These stand in batches that are finished. */
  count(batch: BatchOriginals): void;
  totals(): StoredOriginals;
  /** Removes what no record tells of. Throws `directory_damaged` where something is missing that one does. */
  tidy(): Promise<void>;
}>;

/** Of chats and their like, which were never mail. */
const NO_BYTES = "Gmail keeps no bytes of this message.";

export function openOriginals(storage: Storage, formats: readonly Format[]): Originals {
  const told = createHashSet();
  const without: { id: string; reason: string }[] = [];
  let [total, bytes] = [0, 0];
  return {
    formats,
    async keep(id, chunks, internalDate) {
      const kept = await storage.put(() => emlPath(id, isoDate(internalDate())), chunks);
      return { sha256: kept.sha256, bytes: kept.bytes };
    },
    count(batch) {
      for (const one of batch.written) {
        told.add(keyOf(one.path));
        total += 1;
        bytes += one.bytes;
      }
      for (const id of batch.without) without.push({ id, reason: NO_BYTES });
    },
    totals: () => ({ count: total, bytes, ...(without.length > 0 && { without: [...without] }) }),
    async tidy() {
      let found = 0;
      for await (const name of storage.namesIn(EML)) {
        if (told.has(keyOf(name))) found += 1;
        else if (/^eml\/(?:\d{4}\/\d{2}|undated)\/[\w-]+\.eml$/.test(name)) await storage.remove(name);
      }
      if (found < total)
        throw refuse(
          "directory_damaged",
          `Records in ${storage.place} point at what is not there: ${total - found} originals.`,
          "Restore the file from a copy, or choose an empty output directory.",
        );
    },
  };
}

function keyOf(path: string): string {
  return createHash("sha256").update(path).digest("hex");
}

/** What the records of a batch tell of their originals. */
export function originalsIn(files: readonly RecordFiles[]): BatchOriginals {
  return {
    written: files.flatMap(({ original }) => (original ? [{ path: original.path, bytes: original.bytes }] : [])),
    without: files.flatMap(({ id, original }) => (original ? [] : [id])),
  };
}
