import { z } from "zod";

import { FORMATS } from "../../core/export/format.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { FailedMessage } from "../../core/export/manifest.ts";
import type { Spent } from "../../core/quota.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { checkedLines, readCheckedLines, type CheckedEnd } from "../../formats/checked-lines.ts";
import { failedShape, filterShape, spentShape } from "../../formats/manifest.ts";

/**
 * What an unfinished export knows besides its records: what was listed, and which messages have no record and why.
 * Gone when the export is finished: the manifest has it then.
 *
 * Holds always: what `append` resolved for is durable, and stays so until a whole journal that says it again takes its
 * place, or a manifest does.
 */
export const JOURNAL = ".journal";

const begin = z.object({
  journal: z.literal(2),
  email: z.string(),
  filter: filterShape,
  maxEmails: z.int().nullable(),
  historyId: z.string(),
  attachments: z.literal(true).optional(),
  formats: z.array(z.enum(FORMATS)).optional(),
});
const entry = z.union([
  z.object({ refs: z.array(z.tuple([z.string(), z.string()])) }),
  z.object({ listed: z.literal(true) }),
  z.object({ gone: z.array(z.string()) }),
  z.object({ failed: z.array(failedShape) }),
  z.object({ spent: spentShape, seconds: z.number(), guessedCharsets: z.int().nonnegative().default(0) }),
]);

export type JournalBegin = z.infer<typeof begin>;
export type JournalEntry = z.input<typeof entry>;

/** What a journal was found to say, and how far it was whole. */
export type FoundJournal = CheckedEnd &
  Readonly<{
    begin: JournalBegin;
    listed: boolean;
    gone: ReadonlySet<string>;
    /** What was gone and was listed again since: what was known of it counts no more. */
    relisted: ReadonlySet<string>;
    failed: readonly FailedMessage[];
    spent: Spent | undefined;
    seconds: number;
    guessedCharsets: number;
  }>;

/** Reads the journal up to its torn tail; undefined when there is none, or nothing whole in it. */
export async function readJournal(storage: Storage, onRef: (ref: Ref) => void): Promise<FoundJournal | undefined> {
  await using content = await storage.open(JOURNAL, "growing");
  if (!content) return undefined;
  let first: JournalBegin | undefined;
  let listed = false;
  const gone = new Set<string>();
  const relisted = new Set<string>();
  let failed: FailedMessage[] = [];
  let spent: Spent | undefined;
  let seconds = 0;
  let guessedCharsets = 0;
  const end = await readCheckedLines(content.read(), (line) => {
    if (first === undefined) {
      const parsed = begin.safeParse(line);
      first = parsed.data;
      return parsed.success;
    }
    const { success, data: value } = entry.safeParse(line);
    if (!success) return false;
    if ("refs" in value)
      for (const [id, threadId] of value.refs) {
        if (gone.delete(id)) {
          relisted.add(id);
          failed = failed.filter((one) => one.id !== id);
        }
        onRef({ id, threadId });
      }
    else if ("listed" in value) listed = true;
    else if ("gone" in value) for (const id of value.gone) gone.add(id);
    else if ("failed" in value) failed.push(...value.failed);
    else ({ spent, seconds, guessedCharsets } = value);
    return true;
  });
  return first && { begin: first, listed, gone, relisted, failed, spent, seconds, guessedCharsets, ...end };
}

/** Whose export a journal is of, without reading all of it; undefined when there is none, or nothing whole in it. */
export async function readJournalBegin(storage: Storage): Promise<JournalBegin | undefined> {
  await using content = await storage.open(JOURNAL, "growing");
  if (!content) return undefined;
  let first: JournalBegin | undefined;
  await readCheckedLines(content.read(), (line) => {
    if (first === undefined) first = begin.safeParse(line).data;
    return false; // one is enough
  });
  return first;
}

/** A journal being written. */
export type Journal = AsyncDisposable &
  Readonly<{
    /** Appends entries and makes them durable. */
    append(entries: readonly JournalEntry[]): Promise<void>;
  }>;

/** Begins a journal anew with these entries; the one before is there until all of them are durable. */
export async function beginJournal(
  storage: Storage,
  first: JournalBegin,
  entries: readonly JournalEntry[],
): Promise<Journal> {
  const { bytes, checksum } = checkedLines([first, ...entries]);
  return appendingTo(await storage.grow(JOURNAL, 0, bytes), checksum);
}

/** Goes on behind what was found whole. */
export async function continueJournal(storage: Storage, found: CheckedEnd): Promise<Journal> {
  return appendingTo(await storage.grow(JOURNAL, found.bytes), found.checksum);
}

function appendingTo(file: Awaited<ReturnType<Storage["grow"]>>, before: number): Journal {
  let checksum = before;
  return {
    async append(entries) {
      const lines = checkedLines(entries, checksum);
      checksum = lines.checksum;
      await file.append(lines.bytes);
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}
