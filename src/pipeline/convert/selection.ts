import type { ExportRecord } from "../../core/mail/record.ts";
import type { EpochMs } from "../../core/time.ts";

/** Which messages of an export are wanted; what is left out does not matter. */
export type Selection = Readonly<{
  /** All of these, by name or id, whatever their capitals. */
  labels?: readonly string[];
  /** At this moment or later. */
  after?: EpochMs;
  /** Earlier than this. */
  before?: EpochMs;
  /** A part of the decoded `From`, whatever its capitals. */
  from?: string;
}>;

type Selected = Pick<ExportRecord, "Labels" | "Label-Names" | "Internal-Date" | "From">;

/** Whether a message is wanted. One without a moment is in no span of time. */
export function isSelected(record: Selected, { labels = [], after, before, from }: Selection): boolean {
  const moment = Date.parse(record["Internal-Date"]);
  return (
    (after === undefined || moment >= after) &&
    (before === undefined || moment < before) &&
    (from === undefined || fold(record.From).includes(fold(from))) &&
    labels.every((wanted) => hasLabel(record, wanted))
  );
}

export function hasLabel(record: Pick<Selected, "Labels" | "Label-Names">, wanted: string): boolean {
  return [...record.Labels, ...record["Label-Names"]].some((label) => fold(label) === fold(wanted));
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
