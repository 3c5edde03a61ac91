import type { BatchEntry } from "../../../core/export/manifest.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import { entriesIn, originalIn, type MboxEntry } from "../../../formats/mbox.ts";
import type { OpenOriginal } from "../mbox-file.ts";

/** The mbox that a batch has: originals by their place among those of its records. */
export type OldMbox = AsyncDisposable &
  Readonly<{
    /** The record that has the next entry. */
    add(id: string): void;
    /** The original of a record that was added. */
    read(id: string): AsyncIterable<Buffer> | undefined;
    /** Opens it; throws a RangeError for one that has none. */
    open: OpenOriginal;
  }>;

/** Undefined where the batch has none. */
export async function openOldMbox(storage: Storage, { files = [] }: BatchEntry): Promise<OldMbox | undefined> {
  const mbox = files.find(({ format }) => format === "mbox");
  const content = mbox && (await storage.open(mbox.file));
  if (!content) return undefined;
  const entries = await Array.fromAsync(entriesIn(content.read()));
  const known = new Map<string, MboxEntry | undefined>();
  const read = (id: string): AsyncIterable<Buffer> | undefined => {
    const entry = known.get(id);
    return entry && originalIn(content.read(entry.start, entry.end));
  };
  return {
    add: (id) => void known.set(id, entries[known.size]),
    read,
    async open({ id }) {
      const original = read(id);
      if (!original) throw new RangeError("this record has no entry in the mbox");
      return { read: () => original, async [Symbol.asyncDispose]() {} };
    },
    [Symbol.asyncDispose]: () => content[Symbol.asyncDispose](),
  };
}
