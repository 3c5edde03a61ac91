import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";

import type { Ended, ExportDirectory, Purpose } from "../../core/directory.ts";
import { refuse } from "../../core/errors.ts";
import type { Ledger } from "../../core/ledger.ts";
import type { BatchEntry, FailedMessage, Manifest } from "../../core/manifest.ts";
import type { Clock } from "../../core/ports.ts";
import { addSpent, type Spent } from "../../core/quota.ts";
import type { ExportRecord } from "../../core/record.ts";
import { countReplacementCharacters } from "../../core/text.ts";
import { batchName, batchNumber, growBatch, type FoundPart, type GrowingBatch } from "./batch-file.ts";
import { onDisk } from "./disk.ts";
import { beginJournal, continueJournal, JOURNAL, type FoundJournal, type Journal } from "./journal.ts";
import { writeManifest } from "./manifest-file.ts";

/** What is made durable together: at most this many messages, this many characters, or what came within a second. */
const GROUP = { messages: 32, characters: 4 << 20, ms: 1_000 } as const;

/** Text whose writing as JSON takes a good part of a second. */
const LARGE_CHARACTERS = 1 << 20;

/** All that was durable in a directory when it was opened. */
export type Found = Readonly<{
  ledger: Ledger;
  journal: FoundJournal | undefined;
  batches: readonly BatchEntry[];
  part: FoundBatch | undefined;
  replacementCharacters: number;
  historyId: string;
  spent: Spent;
  seconds: number;
  failed: readonly FailedMessage[];
}>;

/** A batch that an earlier run left unfinished. */
type FoundBatch = Readonly<{ number: number; found: FoundPart; replacementCharacters: number }>;

type Surroundings = Readonly<{ clock: Clock; tool: string; spent: () => Spent }>;

/** An export directory that is ours while `hold` lasts. */
export function holdDirectory(
  hold: AsyncDisposable,
  path: string,
  purpose: Purpose,
  found: Found,
  { clock, tool, spent: spentNow }: Surroundings,
): ExportDirectory {
  const { ledger } = found;
  const batches = [...found.batches];
  const failed = new Map(found.failed.map((message) => [message.id, message]));
  const openedAt = clock.now();
  let historyId = found.historyId;
  let listed = found.journal !== undefined;
  let part = found.part; // what an earlier run left unfinished, until it is opened
  let replacementCharacters = found.replacementCharacters; // in finished batches
  let growing = part ? part.replacementCharacters : 0; // in the one that grows
  let last = batches.reduce((highest, { file }) => Math.max(highest, batchNumber(file)?.number ?? 0), 0);
  // While it grows, the manifest is written anew after ever more batches, so that all of them together cost what one does.
  let due = 0; // batches
  let journal: Journal | undefined;
  let batch: GrowingBatch | undefined;

  const spent = (): Spent => addSpent(found.spent, spentNow());
  const seconds = (): number => found.seconds + (clock.now() - openedAt) / 1000;

  const manifest = (complete: boolean): Manifest => ({
    version: 1,
    email: purpose.email,
    complete,
    total_emails: batches.reduce((sum, { count }) => sum + count, 0),
    total_batches: batches.length,
    max_emails: purpose.maxEmails,
    export_date: new Date(clock.now()).toISOString(),
    duration_seconds: Math.round(seconds() * 10) / 10,
    filter: purpose.filter,
    batches,
    failed: [...failed.values()],
    gone: [...ledger.ids("gone")],
    replacementCharacters,
    historyId,
    quota: spent(),
    tool,
  });

  const openJournal = async (): Promise<Journal> =>
    (journal ??= found.journal
      ? await continueJournal(path, found.journal)
      : await beginJournal(path, { journal: 2, ...of(purpose), historyId }));

  const openBatch = async (): Promise<GrowingBatch> => {
    if (!batch) {
      const number = part?.number ?? last + 1;
      batch = await growBatch(path, number, part?.found);
      last = Math.max(last, number);
      part = undefined;
    }
    return batch;
  };

  /** Closes the batch that grows, and names it in the manifest before long. */
  const seal = async (): Promise<void> => {
    if (!batch) return;
    batches.push(await batch.seal());
    replacementCharacters += growing;
    growing = 0;
    await batch[Symbol.asyncDispose]();
    batch = undefined;
    if (batches.length < due) return;
    await writeManifest(path, manifest(false));
    due = batches.length + (batches.length >> 6) + 1;
  };

  const writeRecords = async (records: readonly string[]): Promise<void> => {
    for (let done = 0; done < records.length;) {
      const { append, count } = await openBatch();
      const next = records.slice(done, done + Math.max(0, purpose.batchSize - count)); // none, when a larger batch was left
      if (next.length > 0) await append(next);
      for (const record of next) growing += countReplacementCharacters(record);
      done += next.length;
      if (count + next.length >= purpose.batchSize) await seal();
    }
  };

  let group: Ended[] = [];
  let lines: string[] = []; // of the records in it, in the same order
  let groupCharacters = 0;

  /** Makes the group durable, and only then counts it. */
  const flush = async (): Promise<void> => {
    const ended = group;
    const records = lines;
    group = [];
    lines = [];
    groupCharacters = 0;
    if (ended.length === 0) return;
    const gone = ended.flatMap((message) => (message.outcome === "gone" ? [message.id] : []));
    const failures = ended.flatMap((message) => (message.outcome === "failed" ? [failure(message)] : []));
    for (const { id } of ended) failed.delete(id); // before a manifest is written that names them in a batch
    if (records.length > 0) await writeRecords(records);
    await (
      await openJournal()
    ).append([
      ...(gone.length > 0 ? [{ gone }] : []),
      ...(failures.length > 0 ? [{ failed: failures }] : []),
      { spent: spent(), seconds: seconds() },
    ]);
    for (const message of ended) ledger.mark(message.id, message.outcome);
    for (const message of failures) failed.set(message.id, message);
  };

  const failure = ({ id, reason, attempts }: FailedMessage): FailedMessage => ({
    id,
    reason,
    attempts: attempts + (failed.get(id)?.attempts ?? 0),
  });

  // Everything that writes goes through here, one at a time. After a failure nothing more is written: only a
  // recovery, which reads what really is on the disk, may go on.
  let tail: Promise<unknown> = Promise.resolve();
  const serially = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(() => onDisk(path, work));
    tail = result;
    result.catch(() => {});
    return result;
  };

  let timer: AbortController | undefined;
  const flushLater = (): void => {
    if (timer) return;
    const mine = (timer = new AbortController());
    clock
      .sleep(GROUP.ms, mine.signal)
      .then(
        () => {
          timer = undefined;
          return serially(flush);
        },
        () => {},
      )
      .catch(() => {}); // kept in `tail`: the next write meets it
  };
  const flushNow = async (): Promise<void> => {
    timer?.abort();
    timer = undefined;
    await flush();
  };

  return {
    ledger,
    batches,
    spent,
    get listedAt() {
      return listed ? historyId : undefined;
    },
    beginListing: (cursor) =>
      serially(async () => {
        await journal?.[Symbol.asyncDispose]();
        historyId = cursor;
        listed = false;
        journal = await beginJournal(path, { journal: 2, ...of(purpose), historyId });
        await journal.append([
          { gone: [...ledger.ids("gone")] },
          { failed: [...failed.values()] },
          { spent: spent(), seconds: seconds() },
        ]);
      }),
    addRefs: (refs) =>
      serially(async () => {
        const unknown = refs.filter((ref) => ledger.add(ref));
        if (unknown.length > 0)
          await (await openJournal()).append([{ refs: unknown.map(({ id, threadId }) => [id, threadId]) }]);
      }),
    endListing: () =>
      serially(async () => {
        await (await openJournal()).append([{ listed: true }]);
        listed = true;
      }),
    write: (ended) =>
      serially(async () => {
        for (const message of ended) {
          group.push(message);
          if (message.outcome !== "exported") continue;
          const line = await lineOf(message.record);
          lines.push(line);
          groupCharacters += line.length;
        }
        if (group.length >= GROUP.messages || groupCharacters >= GROUP.characters) await flushNow();
        else flushLater();
      }),
    checkpoint: () =>
      serially(async () => {
        await flushNow();
        await writeManifest(path, manifest(false));
      }),
    commit: (caughtUpTo) =>
      serially(async () => {
        await flushNow();
        historyId = caughtUpTo ?? historyId;
        if (part && part.found.count > 0) await openBatch();
        else if (part) await rm(join(path, `${batchName(part.number)}.part`));
        await seal();
        await holdAgainstDisk(path, batches, ledger);
        const done = manifest(ledger.count("pending") === 0 && failed.size === 0);
        await writeManifest(path, done);
        await journal?.[Symbol.asyncDispose]();
        journal = undefined;
        await rm(join(path, JOURNAL), { force: true });
        return done;
      }),
    async [Symbol.asyncDispose]() {
      timer?.abort();
      await tail.catch(() => {});
      await batch?.[Symbol.asyncDispose]();
      await journal?.[Symbol.asyncDispose]();
      await hold[Symbol.asyncDispose]();
    },
  };
}

/** A record as it stands in a batch. What asks the server meanwhile has a turn before a large one. */
async function lineOf(record: ExportRecord): Promise<string> {
  if (record.Body.plain.length + record.Body.html.length > LARGE_CHARACTERS) await breathe();
  return JSON.stringify(record);
}

function of({ email, filter, maxEmails }: Purpose): Pick<Purpose, "email" | "filter" | "maxEmails"> {
  return { email, filter, maxEmails };
}

/**
 * The last look before "complete" may be said. The hashes were made from the very bytes that were written or read back
 * in this run, so the sizes on the disk and the sums are what is left to check.
 */
async function holdAgainstDisk(path: string, batches: readonly BatchEntry[], ledger: Ledger): Promise<void> {
  for (const { file, bytes } of batches) {
    const { size } = await stat(join(path, file));
    if (size !== bytes)
      throw refuse(
        "directory_damaged",
        `${file} in ${path} changed while it was being exported.`,
        "Move that file away and start the same export again: its messages are fetched again.",
      );
  }
  const written = batches.reduce((sum, { count }) => sum + count, 0);
  if (written !== ledger.count("exported"))
    throw refuse(
      "directory_damaged",
      `The batches in ${path} hold ${written} records, but ${ledger.count("exported")} different messages.`,
      "Run `gmail-export verify` on the directory: it names the batches that repeat a message.",
    );
}
