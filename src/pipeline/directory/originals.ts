import { createHash } from "node:crypto";

import { refuse } from "../../core/errors.ts";
import type { OriginalFormat } from "../../core/export/format.ts";
import type { StoredOriginals } from "../../core/export/manifest.ts";
import type { Keepers } from "../../core/ports/mailbox-source.ts";
import type { Storage, StoredContent } from "../../core/ports/storage.ts";
import { EML, emlPath } from "../../formats/eml-path.ts";
import { isoDate } from "../../formats/iso-date.ts";
import { createHashSet } from "./hash-set.ts";
import type { RecordFiles } from "./record-files.ts";
import { createShortfall, type Shortfall } from "./shortfall.ts";

/** Originals of the records of a batch: each with its bytes, and the ids of those that have none. */
export type BatchOriginals = Readonly<{
  written: readonly Readonly<{ path: string; bytes: number }>[];
  without: readonly string[];
}>;

/**
 * The originals in a directory: a file each, or until they stand in the mbox of their batch.
 *
 * Holds always: an original is durable before the record that tells its hash. One without a record, because a run broke
 * off in between or a message turned out to be gone, is there until the next commit at most.
 */
export type Originals = Readonly<{
  formats: readonly OriginalFormat[];
  /** Records without an original. */
  shortfall: Shortfall;
  /** Ids of records that an earlier version made in another way than this one would. */
  earlier: Set<string>;
  /** Also where they only lie until they stand in an mbox. */
  keep: Keepers["original"];
  open(files: RecordFiles): Promise<StoredContent>;
  /** The same; undefined where it is not there. */
  find(files: RecordFiles): Promise<StoredContent | undefined>;
  /** These stand where they stay. */
  release(files: readonly RecordFiles[]): Promise<void>;
  /** A batch that is finished has these, in place of what it had before. */
  count(file: string, batch: BatchOriginals, before?: BatchOriginals): void;
  totals(): StoredOriginals;
  /** Whether one that a record tells of is not there as a file, where originals are to be files. */
  lacksFiles(): Promise<boolean>;
  /** Removes what no record tells of. Throws `directory_damaged` where something is missing that one does. */
  tidy(): Promise<void>;
}>;

/** Where originals wait that are to stand in an mbox alone. */
const WAITING = ".originals";

/** Of chats and their like, which were never mail. */
export const NO_BYTES = "Gmail keeps no bytes of this message.";

export function openOriginals(storage: Storage, formats: readonly OriginalFormat[]): Originals {
  const shortfall = createShortfall();
  const earlier = new Set<string>();
  const told = createHashSet();
  let [total, bytes] = [0, 0];
  const hasFiles = formats.includes("eml");
  const placeOf = (path: string): string => (hasFiles ? path : `${WAITING}/${path.slice(path.lastIndexOf("/") + 1)}`);
  const find = async ({ original }: RecordFiles): Promise<StoredContent | undefined> =>
    original && storage.open(placeOf(original.path));
  return {
    formats,
    shortfall,
    earlier,
    async keep(id, chunks, internalDate) {
      const kept = await storage.put(() => placeOf(emlPath(id, isoDate(internalDate()))), chunks);
      return { sha256: kept.sha256, bytes: kept.bytes };
    },
    find,
    async open(files) {
      const content = await find(files);
      if (!content) throw missing(storage.place, files.original?.path ?? "an original");
      return content;
    },
    async release(files) {
      if (!hasFiles) for (const { original } of files) if (original) await storage.remove(placeOf(original.path));
    },
    count(file, batch, before) {
      for (const one of before?.written ?? []) {
        told.remove(keyOf(one.path));
        total -= 1;
        bytes -= one.bytes;
      }
      for (const one of batch.written) {
        told.add(keyOf(one.path));
        total += 1;
        bytes += one.bytes;
      }
      shortfall.set(file, batch.without);
    },
    totals() {
      const without = shortfall.explained();
      return {
        count: total,
        bytes,
        ...(without.length > 0 && { without }),
        ...(earlier.size > 0 && { earlier: [...earlier].toSorted() }),
      };
    },
    async lacksFiles() {
      if (!hasFiles) return false;
      let found = 0;
      for await (const name of storage.namesIn(EML)) if (told.has(keyOf(name))) found += 1;
      return found < total;
    },
    async tidy() {
      for await (const name of storage.namesIn(WAITING)) await storage.remove(name);
      let found = 0;
      for await (const name of storage.namesIn(EML)) {
        if (told.has(keyOf(name))) found += 1;
        else if (/^eml\/(?:\d{4}\/\d{2}|undated)\/[\w-]+\.eml$/.test(name)) await storage.remove(name);
      }
      if (hasFiles && found < total) throw missing(storage.place, `${total - found} originals`);
    },
  };
}

function missing(place: string, what: string): Error {
  return refuse(
    "directory_damaged",
    `Records in ${place} point at what is not there: ${what}.`,
    "Restore the file from a copy, or choose an empty output directory.",
  );
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
