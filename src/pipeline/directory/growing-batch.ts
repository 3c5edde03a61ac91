import { createHash } from "node:crypto";

import type { BatchEntry } from "../../core/export/manifest.ts";
import type { Ref } from "../../core/mail/ref.ts";
import { countReplacementCharacters } from "../../core/mail/replacement-characters.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { BATCH_END, batchLine, batchName, type FoundPart } from "../../formats/batch.ts";
import type { EncodeLines } from "./encode-lines.ts";
import { growMbox, type OpenOriginal } from "./mbox-file.ts";
import type { RecordFiles } from "./record-files.ts";

/** A batch that an earlier run left unfinished. */
export type UnfinishedBatch = Readonly<{
  number: number;
  found: FoundPart;
  replacementCharacters: number;
  refs: readonly Ref[];
  files: readonly RecordFiles[];
}>;

/** A record as it stands in a batch: in pieces, made when they are written. */
export type RecordLine = Ref & Readonly<{ line: Iterable<string | Uint8Array>; files: RecordFiles }>;

/**
 * The files of one batch while they grow.
 *
 * Holds always: what `append` resolved for is durable, the entries in the mbox before the records.
 */
export type GrowingBatch = AsyncDisposable &
  Readonly<{
    refs: readonly Ref[];
    files: readonly RecordFiles[];
    readonly replacementCharacters: number;
    append(records: readonly RecordLine[], encode: EncodeLines): Promise<void>;
    /** Writes the end: all is durable then, and what it will be called by its entry. */
    end(): Promise<BatchEntry>;
    /** Gives the files of a batch that has its end their names; resolves with the stamp of the records. */
    publish(): Promise<string>;
    /** Both at once. */
    seal(): Promise<{ entry: BatchEntry; stamp: string }>;
  }>;

/** Begins batch `number`, or goes on behind what was found of it. It has an mbox where `open` is given. */
export async function growBatch(
  storage: Storage,
  number: number,
  before: UnfinishedBatch | undefined,
  open: OpenOriginal | undefined,
): Promise<GrowingBatch> {
  const name = batchName(number);
  const hash = before?.found.hash.copy() ?? createHash("sha256");
  const refs = [...(before?.refs ?? [])];
  const files = [...(before?.files ?? [])];
  let replacementCharacters = before?.replacementCharacters ?? 0;
  let bytes = before?.found.bytes ?? 0;
  const mbox = open ? await growMbox(storage, number, files, open) : undefined;
  const file = await storage.grow(name, bytes).catch(async (error: unknown) => {
    await mbox?.[Symbol.asyncDispose]();
    throw error;
  });
  const entryBehind = (end: Buffer): BatchEntry => {
    const sha256 = hash.update(end).digest("hex");
    const entry = { file: name, count: refs.length, bytes: bytes + end.length, sha256 };
    return mbox ? { ...entry, files: [mbox.entry()] } : entry;
  };
  return {
    refs,
    files,
    get replacementCharacters() {
      return replacementCharacters;
    },
    async append(records, encode) {
      const pieces = function* (): Generator<string | Uint8Array> {
        for (const [index, { line }] of records.entries()) {
          yield batchLine("", refs.length + index);
          for (const piece of line) {
            yield piece;
            replacementCharacters += countReplacementCharacters(
              typeof piece === "string" ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString(),
            );
          }
        }
      };
      await mbox?.append(records.map((record) => record.files)); // content first
      for (const chunk of encode(pieces())) {
        await file.append(chunk);
        hash.update(chunk);
        bytes += chunk.length;
      }
      for (const { id, threadId, files: its } of records) {
        refs.push({ id, threadId });
        files.push(its);
      }
    },
    async end() {
      const end = Buffer.from(BATCH_END);
      await file.append(end);
      return entryBehind(end);
    },
    async publish() {
      await mbox?.seal();
      const { stamp } = await file.seal(Buffer.alloc(0));
      return stamp;
    },
    async seal() {
      const end = Buffer.from(BATCH_END);
      const { stamp } = await file.seal(end);
      await mbox?.seal();
      return { entry: entryBehind(end), stamp };
    },
    async [Symbol.asyncDispose]() {
      await file[Symbol.asyncDispose]();
      await mbox?.[Symbol.asyncDispose]();
    },
  };
}
