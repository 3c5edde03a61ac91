import type { FailedMessage } from "../../core/export/manifest.ts";
import type { Ended } from "../../core/ports/export-directory.ts";
import { linePieces } from "../../formats/record-line.ts";
import type { RecordLine } from "./growing-batch.ts";
import { filesOf } from "./record-files.ts";

/** What is made durable together: at most this many messages, this many characters, or what came within a second. */
const MOST = { messages: 32, characters: 4 << 20 } as const;

/** Text that is written as JSON piece by piece, on its way to the file. */
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
  add(ended: readonly Ended[]): void;
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
    add(ended) {
      for (const message of ended)
        switch (message.outcome) {
          case "exported": {
            const { "Thread-ID": threadId, Body } = message.record;
            const files = filesOf(message.record);
            const text = Body.plain.length + Body.html.length;
            if (text > LARGE_CHARACTERS) {
              records.push({ id: message.id, threadId, line: linePieces(message.record), files });
              characters += text;
            } else {
              const line = JSON.stringify(message.record);
              records.push({ id: message.id, threadId, line: [line], files });
              characters += line.length;
            }
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
