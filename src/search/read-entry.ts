import { faultOfRecord, type ExportRecord } from "../core/mail/record.ts";
import { senderIn } from "../formats/addresses.ts";
import { withoutBody } from "../formats/record-line.ts";
import { senderOf } from "./sender.ts";

/** Of a text that is shown in a row; the record itself has all of it. */
const SHOWN_CHARACTERS = 500;

/** Of a list of recipients, more than any person looks for. */
const SEARCHED_CHARACTERS = 20_000;

/** Older than all. */
export const NO_DATE = Number.MIN_SAFE_INTEGER;

/** What the index keeps of a record: columns of `record`, and the texts that are searched. */
export type Entry = Readonly<{
  id: string;
  threadId: string;
  /** Epoch milliseconds, or NO_DATE. */
  date: number;
  sender: Readonly<{ address: string; name: string }>;
  from: string;
  to: string;
  subject: string;
  snippet: string;
  labels: readonly string[];
  labelNames: readonly string[];
  size: number;
  attachments: number;
  searched: Readonly<Record<"sender" | "recipients" | "subject" | "snippet", string>>;
}>;

/** Undefined when the line is not a record. */
export function readEntry(line: Buffer): Entry | undefined {
  const record = parse(line);
  if (!record) return undefined;
  const { From, To, Cc, Bcc, Subject, Snippet, Labels } = record;
  const date = Date.parse(record["Internal-Date"]);
  const searched = (text: string): string => text.slice(0, SEARCHED_CHARACTERS).toWellFormed().normalize();
  return {
    id: record["Message-ID"],
    threadId: record["Thread-ID"],
    date: Number.isNaN(date) ? NO_DATE : date,
    sender: senderOf(From),
    from: From.length > SHOWN_CHARACTERS ? shownSender(From) : shown(From),
    to: shown(To),
    subject: shown(Subject),
    snippet: shown(Snippet),
    labels: Labels,
    labelNames: record["Label-Names"],
    size: Math.max(0, Math.trunc(record["Size-Estimate"])),
    attachments: record.Attachments.length,
    searched: {
      sender: searched(From),
      recipients: searched([To, Cc, Bcc].filter((text) => text !== "").join(", ")),
      subject: searched(Subject),
      snippet: searched(Snippet),
    },
  };
}

function parse(line: Buffer): ExportRecord | undefined {
  try {
    const slim = withoutBody(line);
    const value: unknown = JSON.parse(slim ?? line.toString());
    if (slim !== undefined && typeof value === "object" && value !== null) Object.assign(value, NO_BODY);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const NO_BODY = { Body: { plain: "", html: "" } };

function isRecord(value: unknown): value is ExportRecord {
  return faultOfRecord(value) === undefined;
}

/** A long one is not cut before its address. */
function shownSender(from: string): string {
  const { name, address } = senderIn(from);
  return `"${shown(name).replaceAll(/["\\]/g, String.raw`\$&`)}" <${shown(address)}>`;
}

function shown(text: string): string {
  return (text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text).toWellFormed();
}
