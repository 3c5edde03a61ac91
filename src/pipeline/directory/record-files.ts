import type { ExportRecord } from "../../core/mail/record.ts";
import { emlPath } from "../../formats/eml-path.ts";
import type { MboxHead } from "../../formats/mbox.ts";
import { withoutBody } from "../../formats/record-line.ts";

/** What a record points at: contents of attachments by their hashes, and the original, with where it lies as a file. */
export type RecordFiles = Readonly<{
  id: string;
  hashes: readonly string[];
  /** Whether some attachment is not stored. */
  isUnstored: boolean;
  original: Readonly<{ path: string; sha256: string; bytes: number }> | undefined;
  /** What its entry in an mbox tells beside the original. */
  head: MboxHead;
}>;

type Pointing = Pick<
  ExportRecord,
  "Message-ID" | "Thread-ID" | "Label-Names" | "Internal-Date" | "Attachments" | "Original"
>;

export function filesOf(record: Pointing): RecordFiles {
  const { "Message-ID": id, "Internal-Date": date, Attachments: attachments, Original: original } = record;
  const { "Thread-ID": threadId, "Label-Names": labelNames } = record;
  return {
    id,
    head: { id, threadId, labelNames, internalDate: date === "" ? undefined : Date.parse(date) },
    hashes: attachments.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [sha256])),
    isUnstored: attachments.some(({ sha256 }) => sha256 === undefined),
    original: original && { path: emlPath(id, date), ...original },
  };
}

/** The same of a record as it stands in its batch, read without its text. */
export function filesInLine(line: Buffer): RecordFiles {
  const record: Partial<Pointing> = JSON.parse(withoutBody(line) ?? line.toString());
  const {
    "Message-ID": id = "",
    "Thread-ID": threadId = "",
    "Label-Names": labelNames = [],
    "Internal-Date": date = "",
    Attachments: attachments = [],
    Original: original,
  } = record;
  return filesOf({
    "Message-ID": id,
    "Thread-ID": threadId,
    "Label-Names": labelNames,
    "Internal-Date": date,
    Attachments: attachments,
    ...(original && { Original: original }),
  });
}
