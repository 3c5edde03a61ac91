import { faultOfFileName } from "../core/file-name.ts";
import type { AttachmentRecord, ExportRecord } from "../core/mail/record.ts";
import { senderIn } from "./addresses.ts";

/** Most file systems give a name 255 bytes; some of them stay free for a number. */
const MOST_BYTES = 240;

/** Of an end like `.pdf`: a longer one is none. */
const LONGEST_END = 20;

/** What cannot be seen or turns the direction of a line, what paths are made of, and what Windows keeps for itself. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029\ufffd]/gu;
const RESERVED = /[<>:"/\\|?*]/g;

/**
 * A name for a file, made of one that may be anything: a path, a device, empty, or longer than any file system takes. It
 * keeps its end (`.pdf`) and holds no more than 240 bytes of UTF-8. "" where nothing is left of it.
 */
export function safeFileName(name: string): string {
  const seen = name.toWellFormed().normalize("NFC").replaceAll(UNSEEN, "").replaceAll(RESERVED, "_");
  const trimmed = seen.replaceAll(/\s+/gu, " ").replaceAll(/^[. ]+|[. ]+$/g, "");
  const cut = shortened(trimmed, MOST_BYTES);
  return faultOfFileName(cut, true) === undefined ? cut : `_${cut}`; // a device: CON.txt
}

/** Cut before its end, never within a letter and its accents. */
function shortened(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name;
  const end = endOf(name);
  const room = bytes - Buffer.byteLength(end);
  let kept = "";
  let used = 0;
  for (const { segment } of LETTERS.segment(name.slice(0, name.length - end.length))) {
    used += Buffer.byteLength(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept.replace(/[. ]+$/, "") + end;
}

const LETTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

/** `.pdf` of `report.pdf`; "" where there is none. */
function endOf(name: string): string {
  const [end = ""] = /\.[\p{L}\p{N}_-]{1,16}$/u.exec(name) ?? [];
  return Buffer.byteLength(end) > LONGEST_END || end.length === name.length ? "" : end;
}

/** `report (2).pdf`: for the second of a name. */
export function numberedName(name: string, number: number): string {
  const end = endOf(name);
  return `${name.slice(0, name.length - end.length)} (${number})${end}`;
}

const MOST_SENDER_BYTES = 60;

/** `2023-12-05 Ada Lovelace - report.pdf`: when, from whom, and what it was called. */
export function attachmentFileName(
  record: Pick<ExportRecord, "Internal-Date" | "From">,
  attachment: Pick<AttachmentRecord, "filename" | "mimeType">,
): string {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(record["Internal-Date"])?.[0] ?? "undated";
  const { name, address } = senderIn(record.From);
  const sender = shortened(safeFileName(name) || safeFileName(address), MOST_SENDER_BYTES) || "unknown";
  return shortened(`${day} ${sender} - ${givenName(attachment)}`, MOST_BYTES);
}

/** What its sender called an attachment, made safe; of one without a name, what it is. */
export function givenName({ filename, mimeType }: Pick<AttachmentRecord, "filename" | "mimeType">): string {
  return safeFileName(lastOf(filename)) || `${nameOfType(mimeType)}${END_OF[mimeType] ?? ""}`;
}

/** What a path ends in, on whatever system it was one. */
function lastOf(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part.trim() !== "") ?? "";
}

function nameOfType(mimeType: string): string {
  if (mimeType.startsWith("message/")) return "message";
  return mimeType.startsWith("image/") ? "image" : "attachment";
}

/** Of types that are often sent without a name. */
const END_OF: Readonly<Record<string, string>> = {
  "message/rfc822": ".eml",
  "text/calendar": ".ics",
  "text/vcard": ".vcf",
  "text/csv": ".csv",
  "text/html": ".html",
  "text/plain": ".txt",
  "application/pdf": ".pdf",
  "application/zip": ".zip",
  "image/jpeg": ".jpg",
  "image/png": ".png",
  "image/gif": ".gif",
  "image/webp": ".webp",
};
