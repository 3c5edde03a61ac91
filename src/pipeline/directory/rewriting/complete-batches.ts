import type { BatchEntry } from "../../../core/export/manifest.ts";
import type { ExportRecord } from "../../../core/mail/record.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Completion, Lacking } from "../../../core/ports/export-directory.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import { batchName, batchNumber, recordLines } from "../../../formats/batch.ts";
import { withoutBody } from "../../../formats/record-line.ts";
import { createSingleMessages } from "../../single-messages.ts";
import type { Attachments } from "../attachments.ts";
import type { Batches } from "../batches.ts";
import type { UnfinishedBatch } from "../growing-batch.ts";
import type { JournalEntry } from "../journal-entries.ts";
import { mboxName } from "../mbox-file.ts";
import type { Mutex } from "../mutex.ts";
import type { Originals } from "../originals.ts";
import { filesOf, type RecordFiles } from "../record-files.ts";
import { completeRecord, lackOf } from "./complete-record.ts";
import { createCompletionGroup } from "./completion-group.ts";
import { openOldMbox, type OldMbox } from "./old-mbox.ts";
import { readOldRecords, unchanged, withValues, type OldRecord } from "./old-records.ts";
import { rewriteBatch, type BatchRewrite, type Before } from "./rewrite-batch.ts";
import { attachmentsOfOriginal, restoreFile } from "./stored-original.ts";

type FindCompletion = (record: ExportRecord) => Promise<Completion>;

export type CompleteBatches = Readonly<{
  findLacking(): Promise<Lacking>;
  complete(find: FindCompletion): Promise<void>;
  /** Whether some record lacks what it may still have. */
  isLacking(): boolean;
}>;

type Ports = Readonly<{
  storage: Storage;
  clock: Clock;
  batches: Batches;
  attachments: Attachments | undefined;
  originals: Originals | undefined;
  /** What an earlier run left of a batch that it wrote anew, and for what purpose. */
  begun: UnfinishedBatch | undefined;
  begunFor: string | undefined;
  purpose: string;
  /** Everything that writes is done in turn. */
  mutex: Mutex;
  /** Appends to the journal, with what was spent so far. */
  note(entries: readonly JournalEntry[]): Promise<void>;
  beforeChange(): Promise<void>;
  afterBatch(): Promise<void>;
}>;

/**
 * Gives records of finished batches what they lack of what is wanted now, batch by batch.
 *
 * Holds always: content is durable before the record that points at it; what is known of a message that will not have
 * it is in the journal before its record is written again.
 */
export function createCompleteBatches(ports: Ports): CompleteBatches {
  const { storage, batches, attachments, originals, mutex, note, purpose } = ports;
  let { begun } = ports;
  const hasMbox = originals?.formats.includes("mbox") === true;
  const isWithoutMbox = ({ files = [] }: BatchEntry): boolean =>
    hasMbox && !files.some(({ format }) => format === "mbox");
  const countOpen = ({ file }: BatchEntry): number =>
    (attachments?.shortfall.countOpen(file) ?? 0) + (originals?.shortfall.countOpen(file) ?? 0);
  const mayChange = (entry: BatchEntry): boolean => isWithoutMbox(entry) || countOpen(entry) > 0;

  /** Batches to go through: all, where files of originals are missing that may be made of an mbox. */
  const chooseBatches = async (): Promise<readonly BatchEntry[]> => {
    const lacksFiles = hasMbox && (await originals.lacksFiles());
    return batches.entries.filter((entry) => mayChange(entry) || (lacksFiles && !isWithoutMbox(entry)));
  };

  const discard = async (file: string): Promise<void> => {
    await storage.remove(file, "growing");
    if (hasMbox) await storage.remove(mboxName(batchNumber(file)!.number), "growing");
  };

  /** What an earlier run left of this batch. */
  const takeBegun = ({ file }: BatchEntry): UnfinishedBatch | undefined => {
    if (!begun || batchName(begun.number) !== file) return undefined;
    const left = begun;
    begun = undefined;
    return left;
  };

  const begin = async (
    entry: BatchEntry,
    left: UnfinishedBatch | undefined,
    oldMbox: OldMbox | undefined,
  ): Promise<BatchRewrite> => {
    const mbox = mboxName(batchNumber(entry.file)!.number);
    const gainsOriginals = (originals?.shortfall.countOpen(entry.file) ?? 0) > 0;
    const writesMbox = hasMbox && (left ? await isGrowing(storage, mbox) : !oldMbox || gainsOriginals);
    if (hasMbox && !writesMbox) await storage.remove(mbox, "growing"); // of one that led to nothing
    const openOriginal = async (its: RecordFiles) => (await originals?.find(its)) ?? oldMbox!.open(its);
    return rewriteBatch(storage, entry, {
      begun: left,
      purpose,
      openOriginal: writesMbox ? openOriginal : undefined,
      note,
    });
  };

  const completeBatch = async (entry: BatchEntry, find: FindCompletion): Promise<void> => {
    await using stack = new AsyncDisposableStack();
    const oldMbox = await openOldMbox(storage, entry);
    if (oldMbox) stack.use(oldMbox);
    const left = takeBegun(entry);
    const rewrite = mayChange(entry) ? stack.use(await mutex.run(() => begin(entry, left, oldMbox))) : undefined;
    const gathered = createCompletionGroup(rewrite, ports);
    const standing = rewrite?.count() ?? 0;
    let isChanged = left !== undefined || isWithoutMbox(entry);

    const readOriginal = ({ record, files }: OldRecord) =>
      attachmentsOfOriginal(record, files, attachments!, originals!, oldMbox);
    const complete = async (old: OldRecord): Promise<void> => {
      const { line, record, files, place } = old;
      if (originals && oldMbox) await restoreFile(originals, oldMbox, files);
      if (place < standing || !rewrite) return;
      const values = await completeRecord(old, lackOf(record, files, ports), { find, readOriginal }, gathered);
      const hasChanged = Object.keys(values).length > 0;
      isChanged ||= hasChanged;
      await gathered.add(hasChanged ? withValues(old, values) : unchanged(old), line.length, values);
    };
    let before: Before;
    try {
      before = await readOldRecords(storage, entry, oldMbox, complete);
    } catch (error) {
      await gathered.flush().catch(() => {}); // why it stopped matters more
      throw error;
    }
    await gathered.flush();
    if (!rewrite) return;
    await mutex.run(async () => {
      if (!isChanged) return discard(entry.file);
      await batches.replace(await rewrite.finish(before));
      await ports.afterBatch();
    });
  };

  /** What an earlier run left goes on only where it was for the same, and something is lacking there. */
  const discardUnlessGood = async (): Promise<void> => {
    const left = begun && batchName(begun.number);
    if (left === undefined) return;
    if (ports.begunFor === purpose && batches.entries.some((one) => one.file === left && mayChange(one))) return;
    await mutex.run(() => discard(left));
    begun = undefined;
  };

  return {
    isLacking: () => batches.entries.some(mayChange),
    async findLacking() {
      await discardUnlessGood();
      const chosen = await chooseBatches();
      const messages = createSingleMessages();
      let [hasChats, wantsAttachments, wantsOriginals] = [false, false, false];
      for (const { file } of chosen) {
        const standing = begun && batchName(begun.number) === file ? begun.found.count : 0;
        const ids: string[] = [];
        for await (const record of recordsBehind(storage, file, standing)) {
          const lack = lackOf(record, filesOf(record), ports);
          if (!lack.isToBeRead) continue;
          ids.push(record["Message-ID"], record["Thread-ID"]);
          hasChats ||= lack.isChat;
          wantsAttachments ||= lack.lacksAttachments;
          wantsOriginals ||= lack.lacksOriginal;
        }
        messages.addBatch(ids);
      }
      return {
        batches: chosen.length,
        count: messages.count(),
        messages: messages.list,
        want: { attachments: wantsAttachments, originals: wantsOriginals, text: false },
        hasChats,
      };
    },
    async complete(find) {
      const chosen = await chooseBatches();
      if (chosen.length > 0) await mutex.run(ports.beforeChange);
      for (const entry of chosen) await completeBatch(entry, find);
    },
  };
}

/** The records of a batch behind so many. */
async function* recordsBehind(storage: Storage, file: string, standing: number): AsyncGenerator<ExportRecord> {
  await using content = await storage.open(file);
  let place = 0;
  for await (const line of content ? recordLines(content.read(), () => {}) : []) {
    if (place >= standing) yield JSON.parse(withoutBody(line) ?? line.toString());
    place += 1;
  }
}

async function isGrowing(storage: Storage, name: string): Promise<boolean> {
  await using content = await storage.open(name, "growing");
  return content !== undefined;
}
