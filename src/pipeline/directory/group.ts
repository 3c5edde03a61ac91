import { setImmediate as yieldToEventLoop } from "node:timers/promises";

import type { Ended } from "../../core/ports/export-directory.ts";
import type { FailedMessage } from "../../core/export/manifest.ts";
import type { ExportRecord } from "../../core/mail/record.ts";
import type { RecordLine } from "./batches.ts";

/** What is made durable together: at most this many messages, this many characters, or what came within a second. */
const MOST = { messages: 32, characters: 4 << 20 } as const;
export const GROUP_MS = 1_000;

/** Text whose writing as JSON takes a good part of a second. */
const LARGE_CHARACTERS = 1 << 20;

/** Ends of messages by what is to be written of them. */
type Group = Readonly<{
  records: readonly RecordLine[];
  gone: readonly string[];
  failed: readonly FailedMessage[];
  guessedCharsets: number;
}>;

/**
 * Ends of messages that wait to be made durable together.
 *
 * Holds always: nothing of a group counts, in the ledger or anywhere else, before all of it is durable: content first,
 * then records, then journal, then ledger.
 */
export type PendingGroup = Readonly<{
  add(ended: readonly Ended[]): Promise<void>;
  isFull(): boolean;
  /** All that waits, which waits no longer; undefined when nothing does. */
  take(): Group | undefined;
}>;

export function createPendingGroup(): PendingGroup {
  let records: RecordLine[] = [];
  let gone: string[] = [];
  let failed: FailedMessage[] = [];
  let characters = 0;
  let guessedCharsets = 0;
  const size = (): number => records.length + gone.length + failed.length;
  return {
    async add(ended) {
      for (const message of ended)
        switch (message.outcome) {
          case "exported": {
            const line = await lineOf(message.record);
            records.push({ id: message.id, threadId: message.record["Thread-ID"], line });
            characters += line.length;
            guessedCharsets += message.guessedCharsets ?? 0;
            break;
          }
          case "gone":
            gone.push(message.id);
            break;
          case "failed":
            failed.push({ id: message.id, reason: message.reason, attempts: message.attempts });
        }
    },
    isFull: () => size() >= MOST.messages || characters >= MOST.characters,
    take() {
      if (size() === 0) return undefined;
      const group = { records, gone, failed, guessedCharsets };
      records = [];
      gone = [];
      failed = [];
      characters = 0;
      guessedCharsets = 0;
      return group;
    },
  };
}

/** A record as it stands in a batch. What asks the server meanwhile has a turn before a large one. */
async function lineOf(record: ExportRecord): Promise<string> {
  if (record.Body.plain.length + record.Body.html.length > LARGE_CHARACTERS) await yieldToEventLoop();
  return JSON.stringify(record);
}
