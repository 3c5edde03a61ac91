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
  /** Of its content, in hex, and where that lies in the export directory; where attachments were asked for. */
  sha256?: string;
  path?: string;
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
  /** Of the message's own bytes, where originals were asked for and there are any. */
  Original?: Readonly<{ sha256: string; bytes: number }>;
}>;

const TEXT =
  "Date From To Subject Snippet Cc Bcc Reply-To Internal-Date RFC822-Message-ID In-Reply-To References".split(" ");

/** What is wrong with a value that should be a record; undefined when nothing is. Unknown further keys are welcome. */
export function faultOfRecord(value: unknown): string | undefined {
  if (!isObject(value)) return "is not an object";
  for (const name of ["Message-ID", "Thread-ID"])
    if (typeof value[name] !== "string" || value[name] === "") return `has no ${name}`;
  for (const name of TEXT) if (typeof value[name] !== "string") return `has no text in ${name}`;
  for (const name of ["Labels", "Label-Names"]) {
    const list = value[name];
    if (!Array.isArray(list) || list.some((entry) => typeof entry !== "string"))
      return `has no list of text in ${name}`;
  }
  const body = value["Body"];
  if (!isObject(body) || typeof body["plain"] !== "string" || typeof body["html"] !== "string") return "has no Body";
  if (typeof value["Size-Estimate"] !== "number") return "has no number in Size-Estimate";
  const original = value["Original"];
  if (original !== undefined && !isOriginal(original)) return "has an Original without hash and size";
  const attachments = value["Attachments"];
  if (!Array.isArray(attachments) || !attachments.every(isAttachment)) return "has no list of Attachments";
  return undefined;
}

export function isRecord(value: unknown): value is ExportRecord {
  return faultOfRecord(value) === undefined;
}

function isOriginal(value: unknown): boolean {
  return isObject(value) && typeof value["sha256"] === "string" && typeof value["bytes"] === "number";
}

function isAttachment(value: unknown): boolean {
  return (
    isObject(value) &&
    ["id", "filename", "mimeType", "partId"].every((name) => typeof value[name] === "string") &&
    typeof value["size"] === "number" &&
    (value["sha256"] === undefined || (typeof value["sha256"] === "string" && /^[0-9a-f]{64}$/.test(value["sha256"])))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
