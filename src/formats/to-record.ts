import { decodeHTMLStrict } from "entities";
import type { Content, Message, Part } from "../core/mail.ts";
import type { LabelNames } from "../core/mailbox.ts";
import { isMoment, type EpochMs } from "../core/ports.ts";
import { contentsOf, dispositionOf, headerValues } from "../core/parts.ts";
import type { AttachmentRecord, ExportRecord } from "../core/record.ts";
import { decodeHeader, decodeText } from "./decode.ts";

/**
 * One message as it is exported (docs/format.md §2). What cannot be decoded becomes U+FFFD, half a surrogate pair too:
 * JSON can spell those, and most readers of it refuse them. Pure, and total: whatever a message holds, there is a record.
 */
export function toRecord(message: Message, labelNames: LabelNames): ExportRecord {
  const text = (value: string): string => value.toWellFormed();
  const header = (name: string): string => headerValues(message.root, name).map(decodeHeader).join(", ");
  const body = (parts: readonly Part[]): string =>
    parts.map((part) => decodeText(bytesOf(part.content), charsetOf(part))).join("\n");

  const contents = contentsOf(message);
  const html = body(contents.html);
  const referenced = referencedIn(html, new Set(contents.attachments.map(contentIdOf)));

  const attachment = (part: Part): AttachmentRecord => {
    const contentId = contentIdOf(part);
    // Gmail often turns `inline` into `attachment`, so what the html shows is inline too, whatever the header says.
    const inline = dispositionOf(part) === "inline" || referenced.has(contentId);
    return {
      id: text(handleOf(part.content)),
      filename: decodeHeader(part.filename),
      mimeType: text(part.mimeType),
      size: part.content.size,
      partId: text(part.partId),
      ...(contentId !== "" && { contentId }),
      ...(inline && { inline }),
    };
  };

  return {
    "Message-ID": text(message.id),
    "Thread-ID": text(message.threadId),
    Labels: message.labelIds.map(text),
    Date: header("Date"),
    From: header("From"),
    To: header("To"),
    Subject: header("Subject"),
    Body: { plain: body(contents.plain), html },
    Attachments: contents.attachments.map(attachment),
    Snippet: text(message.snippet),
    Cc: header("Cc"),
    Bcc: header("Bcc"),
    "Reply-To": header("Reply-To"),
    "Internal-Date": isoDate(message.internalDate),
    "Label-Names": message.labelIds.map((id) => text(labelNames.get(id) ?? id)),
    "RFC822-Message-ID": header("Message-ID"),
    "In-Reply-To": header("In-Reply-To"),
    References: header("References"),
    "Size-Estimate": message.sizeEstimate,
  };
}

const NO_BYTES = new Uint8Array();

function bytesOf(content: Content): Uint8Array {
  return content.kept === "here" ? content.read() : NO_BYTES;
}

function handleOf(content: Content): string {
  return content.kept === "nowhere" ? "" : content.handle;
}

/** The `charset` of a part's Content-Type, "" when it declares none. */
function charsetOf(part: Part): string {
  const [contentType = ""] = headerValues(part, "Content-Type");
  return /;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(contentType)?.[1] ?? "";
}

/** The Content-ID without its brackets, "" when the part has none. */
function contentIdOf(part: Part): string {
  const [sent = ""] = headerValues(part, "Content-ID");
  return decodeHeader(sent).trim().replace(/^<|>$/g, "");
}

/**
 * Which of these Content-IDs an html text refers to by `cid:` (RFC 2392): in attributes, or in the `url()` of a style.
 * Millions of other references in a text are passed over, not gathered.
 */
function referencedIn(html: string, contentIds: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  if (contentIds.size > (contentIds.has("") ? 1 : 0))
    for (const [, address] of html.matchAll(/\bcid:([^"'\s<>()]+)/gi)) {
      const contentId = percentDecoded(decodeHTMLStrict(address!));
      if (contentIds.has(contentId)) found.add(contentId);
    }
  return found;
}

function percentDecoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

/** ISO 8601 UTC; "" when there is no moment between the years 0 and 9999. */
function isoDate(moment: EpochMs | undefined): string {
  const iso = isMoment(moment) ? new Date(moment).toISOString() : "";
  return /^\d{4}-/.test(iso) ? iso : "";
}
