import { createHash, type Hash } from "node:crypto";

import { refuse } from "../../core/errors.ts";
import type { BatchFile } from "../../core/export/manifest.ts";
import type { GrowingFile, Storage, StoredContent } from "../../core/ports/storage.ts";
import { entriesIn, mboxEntry, originalIn } from "../../formats/mbox.ts";
import type { RecordFiles } from "./record-files.ts";

/** Opens the original of a message that is to stand in an mbox. */
export type OpenOriginal = (
  files: RecordFiles,
) => Promise<AsyncDisposable & Readonly<{ read(): AsyncIterable<Buffer> }>>;

export function mboxName(number: number): string {
  return `emails_batch_${number}.mbox`;
}

/**
 * The mbox of a batch that grows.
 *
 * Holds always: the entry of a message is durable before its record is. What stands behind the entries of the records that
 * are there, because a run broke off in between, is cut off before anything is added.
 */
export type MboxFile = AsyncDisposable &
  Readonly<{
    /** Adds the entries of those that have an original, and makes them durable. */
    append(files: readonly RecordFiles[]): Promise<void>;
    /** What it is when nothing more is added. */
    entry(): BatchFile;
    /** Gives the file its name. */
    seal(): Promise<void>;
  }>;

/** What is written at once. */
const PIECE_BYTES = 4 << 20;

/**
 * Begins the mbox of batch `number`, or goes on behind the entries of `before`; `open` gives the original of a message. Where
 * it does not hold all of those, because an mbox was asked for later than they were written, they are made anew.
 */
export async function growMbox(
  storage: Storage,
  number: number,
  before: readonly RecordFiles[],
  open: OpenOriginal,
): Promise<MboxFile> {
  const name = mboxName(number);
  const found = await recover(storage, name, before);
  if (!found) for (const one of before) if (one.original) await (await open(one))[Symbol.asyncDispose](); // before anything is cut off
  const { hash } = found ?? { hash: createHash("sha256") };
  let bytes = found?.bytes ?? 0;
  const file: GrowingFile = await storage.grow(name, bytes);

  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const write = async (): Promise<void> => {
    if (waitingBytes === 0) return;
    const all = Buffer.concat(waiting, waitingBytes);
    waiting = [];
    waitingBytes = 0;
    await file.append(all);
    hash.update(all);
    bytes += all.length;
  };

  const append = async (files: readonly RecordFiles[]): Promise<void> => {
    for (const one of files) {
      if (!one.original) continue;
      await using content = await open(one);
      for await (const chunk of mboxEntry(one.head, content.read())) {
        waiting.push(Buffer.from(chunk));
        waitingBytes += chunk.length;
        if (waitingBytes >= PIECE_BYTES) await write();
      }
    }
    await write();
  };

  if (!found)
    await append(before).catch(async (error: unknown) => {
      await file[Symbol.asyncDispose]();
      throw error;
    });
  return {
    append,
    entry: () => ({ format: "mbox", file: name, bytes, sha256: hash.copy().digest("hex") }),
    async seal() {
      await file.seal(Buffer.alloc(0));
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/** How far an mbox goes that holds the entries of these records, and the hash of it up to there; undefined where some lack. */
async function recover(
  storage: Storage,
  name: string,
  before: readonly RecordFiles[],
): Promise<Readonly<{ bytes: number; hash: Hash }> | undefined> {
  const hash = createHash("sha256");
  const last = before.findLast(({ original }) => original !== undefined);
  if (!last?.original) return { bytes: 0, hash };
  const count = before.filter(({ original }) => original !== undefined).length;
  await using content = await storage.open(name, "growing");
  if (!content) return undefined;
  let start: number | undefined;
  let entries = 0;
  for await (const entry of entriesIn(content.read())) {
    entries += 1;
    if (entries < count) continue;
    start = entry.start;
    break;
  }
  if (start === undefined) return undefined;
  const bytes = start + (await entryBytes(content, start, last, () => changedMbox(storage.place, name)));
  for await (const chunk of content.read(0, bytes)) hash.update(chunk);
  return { bytes, hash };
}

/** The length of an entry whose end may be followed by half of another: made once more of the original that it holds. */
async function entryBytes(
  content: StoredContent,
  start: number,
  { head, original }: RecordFiles,
  changed: () => Error,
): Promise<number> {
  const { sha256, bytes } = original!;
  const hash = createHash("sha256");
  const exactly = async function* (): AsyncGenerator<Buffer> {
    let left = bytes;
    for await (const chunk of originalIn(content.read(start))) {
      const piece = chunk.subarray(0, left);
      left -= piece.length;
      hash.update(piece);
      if (piece.length > 0) yield piece;
      if (left === 0) return;
    }
  };
  let length = 0;
  for await (const chunk of mboxEntry(head, exactly())) length += chunk.length;
  if (hash.digest("hex") !== sha256) throw changed();
  return length;
}

/**
 * The mbox of a finished batch with these records: given its name, if a run broke off right before that. Undefined where it
 * does not hold all of their originals.
 */
export async function finishedMbox(
  storage: Storage,
  number: number,
  files: readonly RecordFiles[],
): Promise<BatchFile | undefined> {
  const name = mboxName(number);
  const originals = files.filter(({ original }) => original !== undefined).length;
  {
    await using growing = await storage.open(name, "growing");
    if (growing) {
      const entries = await Array.fromAsync(entriesIn(growing.read()));
      if (entries.length !== originals) return undefined;
      await using file = await storage.grow(name, growing.bytes);
      await file.seal(Buffer.alloc(0));
    }
  }
  await using content = await storage.open(name);
  if (!content) return undefined;
  const hash = createHash("sha256");
  for await (const chunk of content.read()) hash.update(chunk);
  return { format: "mbox", file: name, bytes: content.bytes, sha256: hash.digest("hex") };
}

function changedMbox(place: string, file: string): Error {
  return refuse(
    "directory_damaged",
    `${file} in ${place} is not what was written.`,
    "Restore the file from a copy, or choose an empty output directory.",
  );
}
