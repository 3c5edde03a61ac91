import { decodeHTMLStrict } from "entities";

import { parameterOf } from "../core/mail/content-type.ts";
import type { Content, Message, Part } from "../core/mail/mail.ts";
import { contentsOf, dispositionOf, headerValues, sizeOf } from "../core/mail/parts.ts";
import type { AttachmentRecord, ExportRecord } from "../core/mail/record.ts";
import type { Kept, LabelNames } from "../core/ports/mailbox-source.ts";
import { attachmentPath } from "./attachment-path.ts";
import { readSent, readText } from "./charset.ts";
import { decodeAddresses, decodeHeader } from "./decode.ts";
import { isoDate } from "./iso-date.ts";

/** Text of which decoding takes a good part of a second, and references of which looking through does. */
const LARGE_CHARACTERS = 1 << 20;
const MANY_REFERENCES = 100_000;

/**
 * One message as it is exported (docs/format.md §2). What cannot be decoded becomes U+FFFD, half a surrogate pair too:
 * JSON can spell those, and most readers of it refuse them. Pure, and total: whatever a message holds, there is a record.
 */
export function toRecord(message: Message, labelNames: LabelNames, original?: Kept): ExportRecord {
  const steps = mapMessage(message, labelNames, original);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value.record;
  }
}

/** `guessedCharsets` counts the texts, bodies and headers, in a charset that had to be guessed. */
type Mapped = Readonly<{ record: ExportRecord; guessedCharsets: number }>;

/** The same in steps, each a good part of a second at the most: between two of them whatever else waits may have its turn. */
export function* mapMessage(message: Message, labelNames: LabelNames, original?: Kept): Generator<void, Mapped> {
  let guessedCharsets = 0;
  const onGuess = (): void => void (guessedCharsets += 1);
  const text = (value: string): string => value.toWellFormed();
  const headers = (name: string, decode: typeof decodeHeader): string =>
    headerValues(message.root, name)
      .map((value) => decode(value, onGuess))
      .join(", ");
  const header = (name: string): string => headers(name, decodeHeader);
  const addresses = (name: string): string => headers(name, decodeAddresses);
  const bodyText = (part: Part): string => {
    const { content } = part;
    const isAsSent = content.kept === "here" && content.asSent;
    const reading = (isAsSent ? readSent : readText)(bytesOf(content), charsetOf(part));
    if (reading.guessed) onGuess();
    return reading.text;
  };
  const body = function* (parts: readonly Part[]): Generator<void, string> {
    const texts: string[] = [];
    for (const part of parts) {
      const decoded = bodyText(part);
      texts.push(decoded);
      if (decoded.length > LARGE_CHARACTERS) yield;
    }
    return texts.join("\n");
  };

  const contents = contentsOf(message);
  const html = yield* body(contents.html);
  const plain = yield* body(contents.plain);
  const referenced = yield* referencedIn(html, new Set(contents.attachments.map(contentIdOf)));

  const attachment = (part: Part): AttachmentRecord => {
    const contentId = contentIdOf(part);
    // Gmail often turns `inline` into `attachment`, so what the html shows is inline too, whatever the header says.
    const inline = dispositionOf(part) === "inline" || referenced.has(contentId);
    return {
      id: text(handleOf(part.content)),
      filename: decodeHeader(part.filename, onGuess),
      mimeType: text(part.mimeType),
      size: sizeOf(part),
      partId: text(part.partId),
      ...(contentId !== "" && { contentId }),
      ...(inline && { inline }),
      ...(part.content.kept === "stored" && {
        sha256: part.content.sha256,
        path: attachmentPath(part.content.sha256),
      }),
    };
  };

  const record: ExportRecord = {
    "Message-ID": text(message.id),
    "Thread-ID": text(message.threadId),
    Labels: message.labelIds.map(text),
    Date: header("Date"),
    From: addresses("From"),
    To: addresses("To"),
    Subject: header("Subject"),
    Body: { plain, html },
    Attachments: contents.attachments.map(attachment),
    Snippet: text(message.snippet),
    Cc: addresses("Cc"),
    Bcc: addresses("Bcc"),
    "Reply-To": addresses("Reply-To"),
    "Internal-Date": isoDate(message.internalDate),
    "Label-Names": message.labelIds.map((id) => text(labelNames.get(id) ?? id)),
    "RFC822-Message-ID": header("Message-ID"),
    "In-Reply-To": header("In-Reply-To"),
    References: header("References"),
    "Size-Estimate": message.sizeEstimate,
    ...(original && { Original: { sha256: original.sha256, bytes: original.bytes } }),
  };
  return { record, guessedCharsets };
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
  const declared = headerValues(part, "Content-Type").map((contentType) => parameterOf(contentType, "charset"));
  return declared.find((charset) => charset !== "") ?? "";
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
function* referencedIn(html: string, contentIds: ReadonlySet<string>): Generator<void, ReadonlySet<string>> {
  const found = new Set<string>();
  let looked = 0;
  if (contentIds.size > (contentIds.has("") ? 1 : 0))
    for (const [, address] of html.matchAll(/\bcid:([^"'\s<>()]+)/gi)) {
      looked += 1;
      if (looked % MANY_REFERENCES === 0) yield;
      const contentId = /[&%]/.test(address!) ? percentDecoded(decodeHTMLStrict(address!)) : address!;
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
