import { z } from "zod";

import type { RecordPage, RecordStatistics } from "../../../core/ports/records.ts";
import { EMAIL, MESSAGE_ID } from "../contract/examples.ts";

const count = z.int().nonnegative();

const INDEX = { files: 1, of: 1, complete: true };

const SUMMARY = {
  id: MESSAGE_ID,
  thread_id: MESSAGE_ID,
  date: "2024-03-05T09:11:12.000Z",
  from: "Ada <ada@example.com>",
  to: EMAIL,
  subject: "Your tickets to Lisbon",
  snippet: "Here they are.",
  labels: ["INBOX", "Label_7"],
  label_names: ["INBOX", "Travel/Lisbon"],
  size_estimate: 52_107,
  attachments: 1,
  deleted_at: null,
};

/** How far the index has got. While it is not `complete`, the same call a moment later answers with more. */
const Index = z.object({ files: count, of: count, complete: z.boolean() });

/**
 * A record as a row of a table. Long texts are cut. `date` is null where Gmail gave none; `deleted_at` is when a run saw that
 * the message had been deleted in Gmail, null while it is there.
 */
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
    deleted_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "RecordSummary", examples: [SUMMARY] });

export const Records = z
  .object({ index: Index, total: count, records: z.array(RecordSummary), next_cursor: z.string().nullable() })
  .meta({ id: "Records", examples: [{ index: INDEX, total: 1, records: [SUMMARY], next_cursor: null }] });

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
  .meta({
    id: "Statistics",
    examples: [
      {
        index: INDEX,
        messages: 5_000,
        bytes: 61_307_211,
        attachments: 812,
        months: [{ month: "2024-03", messages: 212, bytes: 2_603_118 }],
        senders: [{ address: "ada@example.com", name: "Ada", messages: 61, bytes: 402_117 }],
        sizes: [
          { up_to_bytes: 10_000, messages: 3_104 },
          { up_to_bytes: null, messages: 2 },
        ],
        labels: [{ id: "INBOX", name: "INBOX", messages: 1_204 }],
      },
    ],
  });

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
  .meta({
    id: "ExportedRecord",
    examples: [
      {
        "Message-ID": MESSAGE_ID,
        "Thread-ID": MESSAGE_ID,
        Labels: ["INBOX", "Label_7"],
        Date: "Tue, 05 Mar 2024 10:11:12 +0100",
        From: "Ada <ada@example.com>",
        To: EMAIL,
        Subject: "Your tickets to Lisbon",
        Body: { plain: "Here they are.", html: "<p>Here they are.</p>" },
        Attachments: [{ id: "ANGjdJ8", filename: "tickets.pdf", mimeType: "application/pdf", size: 48_213 }],
        Snippet: "Here they are.",
      },
    ],
  });

/** `deletedAt` tells when a run saw that a message had been deleted in Gmail. */
export function viewOfPage(
  { index, total, records }: RecordPage,
  deletedAt: (id: string) => string | undefined,
  next_cursor: string | null,
): z.infer<typeof Records> {
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
      deleted_at: deletedAt(same.id) ?? null,
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
