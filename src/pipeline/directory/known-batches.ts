import { z } from "zod";

import type { BatchEntry } from "../../core/export/manifest.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { GrowingFile, Storage, StoredFile } from "../../core/ports/storage.ts";
import { checkedLines, checkedValues, readCheckedLines } from "../../formats/checked-lines.ts";
import { linesIn } from "../../formats/lines.ts";
import { batchFileShape } from "../../formats/manifest.ts";
import type { BatchAttachments } from "./attachments.ts";
import type { BatchOriginals } from "./originals.ts";

/**
 * What was found in batches that are finished, so that opening a directory need not read them all again.
 *
 * Holds always: a line says what was hashed of a file while it had this stamp. It is never believed of a file with
 * another stamp; without this file, or with half of it, all that is lost is the time to read the batches once.
 */
const KNOWN_BATCHES = ".batches";

const line = z.object({
  batch: z.string(),
  stamp: z.string(),
  bytes: z.int().nonnegative(),
  count: z.int().nonnegative(),
  sha256: z.string(),
  replacementCharacters: z.int().nonnegative(),
  /** Message and thread id of each record in turn. */
  ids: z.array(z.string()),
  /** SHA-256 and bytes of each content that its records point at, where attachments are kept. */
  pointers: z.array(z.tuple([z.string(), z.int().nonnegative()])).optional(),
  /** Ids of messages with attachments that are not stored, where attachments are kept. */
  unstored: z.array(z.string()).optional(),
  files: z.array(batchFileShape).optional(),
  /** Path and bytes of each original, and the ids of messages without, where originals are kept. */
  originals: z
    .object({ written: z.array(z.tuple([z.string(), z.int().nonnegative()])), without: z.array(z.string()) })
    .optional(),
});

/** A finished batch, and what opening a directory wants to know of it. */
export type KnownBatch = Readonly<{
  entry: BatchEntry;
  stamp: string;
  replacementCharacters: number;
  refs: readonly Ref[];
  /** Undefined where it was not looked for. */
  attachments?: BatchAttachments;
  /** The same. */
  originals?: BatchOriginals;
}>;

export type KnownBatches = AsyncDisposable &
  Readonly<{
    /** Undefined when it is not known of the file as it is now. */
    find(file: StoredFile): Promise<KnownBatch | undefined>;
    remember(batch: KnownBatch): Promise<void>;
    /** The ids of messages that are known to be in each batch; a batch may come twice, with the same. */
    ids(): AsyncIterable<Readonly<{ file: string; ids: readonly string[] }>>;
  }>;

type Found = Omit<KnownBatch, "refs"> & { ids: readonly string[] };

/** Reads what is known of the batches of a directory that is held. */
export async function openKnownBatches(storage: Storage): Promise<KnownBatches> {
  const found = new Map<string, Found>();
  let end = { bytes: 0, checksum: 0 };
  {
    await using content = await storage.open(KNOWN_BATCHES, "growing");
    if (content)
      end = await readCheckedLines(content.read(), (value) => {
        const { success, data } = line.safeParse(value);
        if (!success || data.ids.length !== 2 * data.count) return false;
        const { batch, stamp, bytes, count, sha256, replacementCharacters, ids } = data;
        const pointers = data.pointers?.map(([hash, size]) => ({ sha256: hash, bytes: size }));
        const attachments = pointers && data.unstored && { pointers, unstored: data.unstored };
        const entry = { file: batch, count, bytes, sha256, ...(data.files && { files: data.files }) };
        const originals = data.originals && {
          written: data.originals.written.map(([path, size]) => ({ path, bytes: size })),
          without: data.originals.without,
        };
        const known = { entry, stamp, replacementCharacters, ids };
        found.set(batch, { ...known, ...(attachments && { attachments }), ...(originals && { originals }) });
        return true;
      });
  }
  let file: GrowingFile | undefined;
  return {
    async find({ name, bytes, stamp }) {
      const known = found.get(name);
      found.delete(name); // its ids are in the ledger from now on
      if (!known || known.stamp !== stamp || known.entry.bytes !== bytes) return undefined;
      const { ids, ...rest } = known;
      const refs = Array.from({ length: ids.length / 2 }, (_, n) => ({ id: ids[2 * n]!, threadId: ids[2 * n + 1]! }));
      return { ...rest, refs };
    },
    async remember({ entry, stamp, replacementCharacters, refs, attachments, originals }) {
      const { file: batch, count, bytes, sha256, files } = entry;
      const ids = refs.flatMap(({ id, threadId }) => [id, threadId]);
      const its = attachments && {
        pointers: attachments.pointers.map((one) => [one.sha256, one.bytes]),
        unstored: attachments.unstored,
      };
      const theirs = originals && {
        originals: { ...originals, written: originals.written.map((one) => [one.path, one.bytes]) },
      };
      const value = {
        batch,
        stamp,
        bytes,
        count,
        sha256,
        replacementCharacters,
        ids,
        ...(files && { files }),
        ...its,
        ...theirs,
      };
      const lines = checkedLines([value], end.checksum);
      file ??= await storage.grow(KNOWN_BATCHES, end.bytes);
      await file.append(lines.bytes);
      end = { bytes: end.bytes + lines.bytes.length, checksum: lines.checksum };
    },
    async *ids() {
      await using content = await storage.open(KNOWN_BATCHES, "growing");
      if (!content) return;
      for await (const { value } of checkedValues(content.read())) {
        const { success, data } = line.safeParse(value);
        if (!success || data.ids.length !== 2 * data.count) return;
        yield { file: data.batch, ids: data.ids.filter((_, n) => n % 2 === 0) };
      }
    },
    async [Symbol.asyncDispose]() {
      await file?.[Symbol.asyncDispose]();
    },
  };
}

/** What a batch was when it was hashed, and the paths of what its records point at. */
export type Glimpse = Readonly<{ stamp: string; bytes: number; sha256: string; paths: readonly string[] }>;

/** The beginning of a line: all but the long lists. */
const HEAD =
  /^[\da-f]{8} \{"batch":"(emails_batch_\d+\.json)","stamp":"([^"]*)","bytes":(\d+),"count":\d+,"sha256":"([\da-f]{64})"/;
const HEAD_BYTES = 400;

/** Hashes of contents, and paths of originals; nothing else in a line has this shape behind its lists' beginning. */
const POINTERS = /\["((?:[\da-f]{64})|(?:eml\/[^"]+\.eml))",\d+\]/g;

/** What is known of batches, read without the ids that are in them; `paths` only where something is kept beside them. */
export async function readGlimpses(storage: Storage): Promise<ReadonlyMap<string, Glimpse>> {
  const glimpses = new Map<string, Glimpse>();
  await using content = await storage.open(KNOWN_BATCHES, "growing");
  if (!content) return glimpses;
  for await (const { bytes: found } of linesIn(content.read())) {
    const [, file, stamp, bytes, sha256] = HEAD.exec(found.toString("latin1", 0, HEAD_BYTES)) ?? [];
    if (file === undefined) continue;
    const lists = Math.max(found.indexOf('"pointers":['), found.indexOf('"originals":{'));
    const paths = lists === -1 ? [] : [...found.toString("latin1").matchAll(POINTERS)].map(([, path]) => path!);
    glimpses.set(file, { stamp: stamp!, bytes: Number(bytes), sha256: sha256!, paths });
  }
  return glimpses;
}
