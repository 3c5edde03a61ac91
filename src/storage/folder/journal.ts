import { open, truncate } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { z } from "zod";

import type { Ref } from "../../core/mailbox.ts";
import type { FailedMessage } from "../../core/manifest.ts";
import type { Spent } from "../../core/quota.ts";
import { unlessMissing } from "./disk.ts";
import { lines } from "./lines.ts";
import { failedShape, filterShape, spentShape } from "./manifest-file.ts";

/**
 * What an unfinished export knows besides its records: what was listed, and which messages have no record and why.
 * One JSON value a line, behind the CRC-32 of it and all before it: one wrong character in an id would be a message lost.
 * What does not add up is cut off like a torn tail. Gone when the export is finished: the manifest has it then.
 */
export const JOURNAL = ".journal";

const begin = z.object({
  journal: z.literal(2),
  email: z.string(),
  filter: filterShape,
  maxEmails: z.int().nullable(),
  historyId: z.string(),
});
const entry = z.union([
  z.object({ refs: z.array(z.tuple([z.string(), z.string()])) }),
  z.object({ listed: z.literal(true) }),
  z.object({ gone: z.array(z.string()) }),
  z.object({ failed: z.array(failedShape) }),
  z.object({ spent: spentShape, seconds: z.number() }),
]);

export type JournalBegin = z.infer<typeof begin>;

/** What a journal was found to say. */
export type FoundJournal = {
  begin: JournalBegin;
  listed: boolean;
  gone: Set<string>;
  /** What was gone and was listed again since: what was known of it counts no more. */
  relisted: Set<string>;
  failed: FailedMessage[];
  spent: Spent | undefined;
  seconds: number;
  bytes: number;
  /** Of all lines that were found whole. */
  checksum: number;
};

/** Reads the journal of a folder up to its torn tail; undefined when there is none, or nothing whole in it. */
export async function readJournal(folder: string, onRef: (ref: Ref) => void): Promise<FoundJournal | undefined> {
  const path = join(folder, JOURNAL);
  let found: FoundJournal | undefined;
  const read = async (): Promise<void> => {
    let checksum = 0;
    for await (const line of lines(path)) {
      const json = line.bytes.subarray(DIGITS + 1);
      checksum = crc32(json, checksum);
      const isWhole = line.ended && line.bytes.toString("latin1", 0, DIGITS + 1) === `${hex(checksum)} `;
      const value = isWhole ? parse(json.toString()) : undefined;
      if (found === undefined) {
        const first = begin.safeParse(value);
        if (!first.success) return;
        const nothing = {
          listed: false,
          gone: new Set<string>(),
          relisted: new Set<string>(),
          failed: [],
          spent: undefined,
          seconds: 0,
        };
        found = { begin: first.data, ...nothing, bytes: 0, checksum };
      } else {
        const next = entry.safeParse(value);
        if (!next.success) return;
        take(found, next.data, onRef);
      }
      found.bytes = line.start + line.bytes.length + 1;
      found.checksum = checksum;
    }
  };
  await unlessMissing(read());
  return found;
}

function take(found: FoundJournal, value: z.infer<typeof entry>, onRef: (ref: Ref) => void): void {
  if ("refs" in value)
    for (const [id, threadId] of value.refs) {
      if (found.gone.delete(id)) {
        found.relisted.add(id);
        found.failed = found.failed.filter((one) => one.id !== id);
      }
      onRef({ id, threadId });
    }
  else if ("listed" in value) found.listed = true;
  else if ("gone" in value) for (const id of value.gone) found.gone.add(id);
  else if ("failed" in value) found.failed.push(...value.failed);
  else {
    found.spent = value.spent;
    found.seconds = value.seconds;
  }
}

const DIGITS = 8;

function hex(checksum: number): string {
  return checksum.toString(16).padStart(DIGITS, "0");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A journal being written. */
export type Journal = AsyncDisposable &
  Readonly<{
    /** Appends entries and makes them durable. */
    append(entries: readonly z.infer<typeof entry>[]): Promise<void>;
  }>;

/** Begins a journal anew. */
export async function beginJournal(folder: string, first: JournalBegin): Promise<Journal> {
  return journalAt(join(folder, JOURNAL), "w", 0, [first]);
}

/** Goes on behind what was found whole. */
export async function continueJournal(folder: string, found: FoundJournal): Promise<Journal> {
  const path = join(folder, JOURNAL);
  await truncate(path, found.bytes);
  return journalAt(path, "a", found.checksum, []);
}

async function journalAt(
  path: string,
  flags: "w" | "a",
  before: number,
  first: readonly JournalBegin[],
): Promise<Journal> {
  const file = await open(path, flags, 0o600);
  let checksum = before;
  const lineOf = (value: object): string => {
    const json = JSON.stringify(value);
    checksum = crc32(json, checksum);
    return `${hex(checksum)} ${json}\n`;
  };
  const append = async (entries: readonly object[]): Promise<void> => {
    await file.appendFile(entries.map(lineOf).join(""));
    await file.datasync();
  };
  if (first.length > 0)
    await append(first).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
  return { append, [Symbol.asyncDispose]: () => file.close() };
}
