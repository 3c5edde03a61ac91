import { createHash } from "node:crypto";

import { failureOf, refuse } from "../../../core/errors.ts";
import type { OpenFile } from "../../../core/ports/read-directory.ts";
import type { ReadRecordContent, RecordContent } from "../../../core/ports/record-content.ts";
import type { OpenStorage, Storage, StoredContent } from "../../../core/ports/storage.ts";
import { attachmentPath } from "../../../formats/attachment-path.ts";
import { HEAD_BYTES } from "../../../formats/content-kind.ts";
import { emlPath } from "../../../formats/eml-path.ts";
import { indexMbox, type MboxIndex } from "../../../formats/mbox-index.ts";
import { originalIn } from "../../../formats/mbox.ts";
import { mboxName } from "../mbox-file.ts";

/** Contents that are known to have their hash, each for as long as its file is the same. */
const MOST_PROOFS = 4_096;

/** Files of originals of which it is known where each entry begins; one takes some megabytes for 100,000 messages. */
const MOST_INDEXES = 4;

/** Some bytes that lie in a file: all of it, or an original in an mbox. */
type Found = AsyncDisposable &
  Readonly<{
    path: string;
    /** Changes whenever the file does. */
    stamp: string;
    bytes: number;
    /** Fewer come when the file was cut meanwhile. */
    read(start: number, end: number): AsyncIterable<Buffer>;
  }>;

/**
 * Reads contents by hash: each is read in full before the first byte of it is given out, so that also a part of it is a
 * part of what the record means, and is known again by the stamp of its file. When the last bytes are due it is looked at
 * once more: what was changed while it was read has no end.
 */
export function createReadRecordContent(storages: OpenStorage): ReadRecordContent {
  const proofs = new Map<string, Promise<boolean>>();
  const indexes = new Map<string, Promise<MboxIndex>>();

  /** Whether all of it has this hash: read once for each state of its file, however many ask at a time. */
  const isProven = (found: Found, sha256: string): Promise<boolean> => {
    const key = `${found.path}\n${found.stamp}\n${sha256}`;
    return remembered(proofs, key, MOST_PROOFS, async () => {
      const proven = await hasHash(found, sha256);
      if (!proven) proofs.delete(key); // asked again, it is looked at again
      return proven;
    });
  };

  /** Reads between two looks at the file; the last bytes come behind the second. */
  const readBetween = async function* (
    found: Found,
    sha256: string,
    again: () => Promise<Found>,
    range: readonly [start: number, end: number],
  ): AsyncGenerator<Buffer> {
    let left = range[1] - range[0];
    let held: Buffer | undefined;
    for await (const chunk of found.read(...range)) {
      if (held) yield held;
      held = chunk;
      left -= chunk.length;
    }
    if (left > 0) throw changed(found.path);
    await using now = await again();
    // Another file may have been given the name, with the same content: what was read from is what matters.
    if (now.stamp !== found.stamp && !(await hasHash(found, sha256))) throw changed(found.path);
    if (held) yield held;
  };

  const prove = async (open: () => Promise<Found>, sha256: string): Promise<RecordContent> => {
    await using first = await open();
    if (!(await isProven(first, sha256))) throw changed(first.path);
    const head: Buffer[] = [];
    for await (const chunk of first.read(0, Math.min(HEAD_BYTES, first.bytes))) head.push(chunk);
    return {
      bytes: first.bytes,
      sha256,
      head: Buffer.concat(head),
      async open(): Promise<OpenFile> {
        const found = await open();
        if (!(await isProven(found, sha256))) {
          await found[Symbol.asyncDispose]();
          throw changed(found.path);
        }
        return {
          read: (start, end) => readBetween(found, sha256, open, [start, end]),
          [Symbol.asyncDispose]: () => found[Symbol.asyncDispose](),
        };
      },
    };
  };

  /**
   * The original of a message in the mbox of its batch; undefined when there is no mbox, or it is not in there. One that
   * grows may be that of a batch which is being written anew: what is not in it yet is in the one before.
   */
  const findInMbox = async (storage: Storage, entry: Entry): Promise<Found | undefined> =>
    (await findInFile(storage, entry, "growing")) ?? findInFile(storage, entry);

  const findInFile = async (
    storage: Storage,
    { id, batch, bytes }: Entry,
    growing?: "growing",
  ): Promise<Found | undefined> => {
    const name = mboxName(batch);
    const path = `${storage.place}/${name}`;
    const file = await openOrRefuse(storage, name, growing);
    if (!file) return undefined;
    try {
      const key = `${path}\n${file.stamp}`;
      const index = await remembered(indexes, key, MOST_INDEXES, () => indexMbox(file.read()));
      const begin = index.startOf(id);
      if (begin !== undefined)
        return {
          path,
          stamp: `${file.stamp} ${id}`,
          bytes,
          read: (start, end) => part(originalIn(file.read(begin)), start, end),
          [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
        };
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
    await file[Symbol.asyncDispose]();
    return undefined;
  };

  return {
    attachment: (directory, sha256) =>
      prove(async () => {
        const storage = storages(directory);
        const name = attachmentPath(sha256);
        return (await findFile(storage, name)) ?? refuseMissing(storage, name);
      }, sha256),
    original: (directory, { sha256, ...entry }) =>
      prove(async () => {
        const storage = storages(directory);
        const name = emlPath(entry.id, entry.internalDate);
        return (await findFile(storage, name)) ?? (await findInMbox(storage, entry)) ?? refuseMissing(storage, name);
      }, sha256),
  };
}

type Entry = Readonly<{ id: string; batch: number; bytes: number }>;

async function findFile(storage: Storage, name: string): Promise<Found | undefined> {
  const file = await openOrRefuse(storage, name);
  return (
    file && {
      path: `${storage.place}/${name}`,
      stamp: file.stamp,
      bytes: file.bytes,
      read: (start, end) => file.read(start, end),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    }
  );
}

/** Undefined when there is none; what is a link, a named pipe or a folder is not what was written. */
async function openOrRefuse(storage: Storage, name: string, growing?: "growing"): Promise<StoredContent | undefined> {
  return storage.open(name, growing).catch((error: unknown) => {
    throw failureOf(error)?.code === "directory_damaged" ? changed(`${storage.place}/${name}`, error) : error;
  });
}

async function hasHash({ bytes, read }: Found, sha256: string): Promise<boolean> {
  const hash = createHash("sha256");
  let found = 0;
  for await (const chunk of read(0, bytes)) {
    hash.update(chunk);
    found += chunk.length;
  }
  return found === bytes && hash.digest("hex") === sha256;
}

/** The bytes from `start` up to `end` of something that can only be read from its beginning. */
async function* part(chunks: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer> {
  let at = 0;
  if (end <= start) return;
  for await (const chunk of chunks) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += chunk.length;
    if (piece.length > 0) yield piece;
    if (at >= end) return;
  }
}

/** What is found out once and kept, the oldest forgotten; what failed is not kept. */
function remembered<T>(kept: Map<string, Promise<T>>, key: string, most: number, find: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known) {
    kept.delete(key);
    kept.set(key, known); // the last one used is the last to be forgotten
    return known;
  }
  const found = find();
  kept.set(key, found);
  found.catch(() => kept.delete(key));
  const [oldest] = kept.keys();
  if (kept.size > most) kept.delete(oldest!);
  return found;
}

function refuseMissing(storage: Storage, name: string): never {
  throw changed(`${storage.place}/${name}`);
}

function changed(path: string, cause?: unknown): Error {
  return refuse(
    "directory_damaged",
    `${path} is missing, or not what its record says.`,
    "Ask again, in case it was just replaced; if that does not help, `gmail-export verify` names what is wrong in the directory.",
    { cause },
  );
}
