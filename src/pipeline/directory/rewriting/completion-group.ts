import type { Without } from "../../../core/export/manifest.ts";
import type { ExportRecord } from "../../../core/mail/record.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Attachments } from "../attachments.ts";
import { createGroupTimer } from "../group-timer.ts";
import type { RecordLine } from "../growing-batch.ts";
import type { JournalEntry } from "../journal-entries.ts";
import type { Mutex } from "../mutex.ts";
import type { Originals } from "../originals.ts";
import type { RecordFiles } from "../record-files.ts";
import type { BatchRewrite } from "./rewrite-batch.ts";

/** What is appended together: at most this many records that changed, or this many bytes. */
const MOST = { changed: 32, bytes: 4 << 20 } as const;

/** Records on their way to their new file, and what is told of them: durable together, within a second. */
export type CompletionGroup = Readonly<{
  /** `values` are those that have changed in it. */
  add(record: RecordLine, bytes: number, values: Partial<ExportRecord>): Promise<void>;
  explain(kind: "attachments" | "originals", id: string, reason: string, isPassing: boolean): void;
  /** See `Originals`. */
  noteEarlier(id: string): void;
  flush(): Promise<void>;
}>;

type GroupPorts = Readonly<{
  clock: Clock;
  mutex: Mutex;
  note(entries: readonly JournalEntry[]): Promise<void>;
  attachments: Attachments | undefined;
  originals: Originals | undefined;
}>;

/** `rewrite` is left out where no record changes. */
export function createCompletionGroup(
  rewrite: BatchRewrite | undefined,
  { clock, mutex, note, attachments, originals }: GroupPorts,
): CompletionGroup {
  let records: RecordLine[] = [];
  let gained: RecordFiles[] = [];
  let reasons = { attachments: [] as Without[], originals: [] as Without[] };
  let earlier: string[] = [];
  let [bytes, changed] = [0, 0];
  const shortfalls = { attachments: attachments?.shortfall, originals: originals?.shortfall };

  const flushNow = async (): Promise<void> => {
    timer.stop();
    const [lines, without, withOriginal, made] = [records, reasons, gained, earlier];
    [records, gained, earlier] = [[], [], []];
    reasons = { attachments: [], originals: [] };
    [bytes, changed] = [0, 0];
    if (without.attachments.length + without.originals.length > 0) {
      await note([{ without }]);
      shortfalls.attachments?.explain(without.attachments);
      shortfalls.originals?.explain(without.originals);
    }
    if (made.length > 0) {
      await note([{ earlier: made }]);
      for (const id of made) originals?.earlier.add(id);
    }
    if (!rewrite || lines.length === 0) return;
    await rewrite.append(lines);
    if (originals?.formats.includes("mbox")) await originals.release(withOriginal);
  };
  const flush = (): Promise<void> => mutex.run(flushNow);
  const timer = createGroupTimer(clock, flush);
  return {
    async add(record, its, values) {
      const hasChanged = Object.keys(values).length > 0;
      records.push(record);
      if (values.Original) gained.push(record.files);
      bytes += its;
      if (hasChanged) changed += 1;
      if (bytes >= MOST.bytes || changed >= MOST.changed) await flush();
      else if (hasChanged) timer.start();
    },
    explain(kind, id, reason, isPassing) {
      const { attempts = 0 } = shortfalls[kind]?.reason(id) ?? {};
      reasons[kind].push({ id, reason, ...(isPassing && { attempts: attempts + 1 }) });
    },
    noteEarlier: (id) => void earlier.push(id),
    flush,
  };
}
