/**
 * One attachment's description. `id` is Gmail's and new at every read; `partId` is the stable key within the message.
 * `size` is in decoded bytes. `filename` is "" for a forwarded message or an invitation without one.
 */
export type AttachmentRecord = Readonly<{
  id: string;
  filename: string;
  mimeType: string;
  size: number;
  partId: string;
  contentId?: string;
  inline?: true;
}>;

/** One exported message (docs/format.md §2). The first ten keys are a contract that never changes; a missing header is "". */
export type ExportRecord = Readonly<{
  "Message-ID": string;
  "Thread-ID": string;
  Labels: readonly string[];
  Date: string;
  From: string;
  To: string;
  Subject: string;
  Body: Readonly<{ plain: string; html: string }>;
  Attachments: readonly AttachmentRecord[];
  Snippet: string;
  Cc: string;
  Bcc: string;
  "Reply-To": string;
  /** ISO 8601 UTC; "" when Gmail gave none. */
  "Internal-Date": string;
  "Label-Names": readonly string[];
  "RFC822-Message-ID": string;
  "In-Reply-To": string;
  References: string;
  /** Bytes of the raw message, as Gmail estimates them. */
  "Size-Estimate": number;
}>;
