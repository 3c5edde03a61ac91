import { z } from "zod";

import type { RecordPage, RecordStatistics } from "../../core/records.ts";

const count = z.int().nonnegative();

/** How far the index has got. While it is not `complete`, the same call a moment later answers with more. */
const Index = z.object({ files: count, of: count, complete: z.boolean() });

/** A record as a row of a table. Long texts are cut. `date` is null where Gmail gave none. */
const RecordSummary = z
  .object({
    id: z.string(),
    thread_id: z.string(),
    date: z.iso.datetime().nullable(),
    from: z.string(),
    to: z.string(),
    subject: z.string(),
    snippet: z.string(),
    labels: z.array(z.string()),
    label_names: z.array(z.string()),
    size_estimate: count,
    attachments: count,
  })
  .meta({ id: "RecordSummary" });

export const Records = z
  .object({ index: Index, total: count, records: z.array(RecordSummary), next_cursor: z.string().nullable() })
  .meta({ id: "Records" });

export const Statistics = z
  .object({
    index: Index,
    messages: count,
    bytes: count,
    attachments: count,
    months: z.array(z.object({ month: z.string(), messages: count, bytes: count })),
    senders: z.array(z.object({ address: z.string(), name: z.string(), messages: count, bytes: count })),
    sizes: z.array(z.object({ up_to_bytes: count.nullable(), messages: count })),
    labels: z.array(z.object({ id: z.string(), name: z.string(), messages: count })),
  })
  .meta({ id: "Statistics" });

/** The keys that everybody knows; docs/format.md §2 has all. */
export const ExportedRecord = z
  .looseObject({
    "Message-ID": z.string(),
    "Thread-ID": z.string(),
    Labels: z.array(z.string()),
    Date: z.string(),
    From: z.string(),
    To: z.string(),
    Subject: z.string(),
    Body: z.object({ plain: z.string(), html: z.string() }),
    Attachments: z.array(
      z.looseObject({ id: z.string(), filename: z.string(), mimeType: z.string(), size: z.number() }),
    ),
    Snippet: z.string(),
  })
  .meta({ id: "ExportedRecord" });

export function viewOfPage({ index, total, records }: RecordPage, next_cursor: string | null): z.infer<typeof Records> {
  return {
    index,
    total,
    records: records.map(({ threadId, date, labels, labelNames, sizeEstimate, ...same }) => ({
      ...same,
      thread_id: threadId,
      date: date === undefined ? null : new Date(date).toISOString(),
      labels: [...labels],
      label_names: [...labelNames],
      size_estimate: sizeEstimate,
    })),
    next_cursor,
  };
}

export function viewOfStatistics({
  months,
  senders,
  sizes,
  labels,
  ...same
}: RecordStatistics): z.infer<typeof Statistics> {
  return {
    ...same,
    months: [...months],
    senders: [...senders],
    sizes: sizes.map(({ upToBytes, messages }) => ({ up_to_bytes: upToBytes ?? null, messages })),
    labels: [...labels],
  };
}
