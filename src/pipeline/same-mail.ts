import type { Message, Part } from "../core/mail/mail.ts";
import type { ExportRecord } from "../core/mail/record.ts";

/** What tells one message from another, and has been written in the same way by every version of this program. */
const SAME = [
  "Thread-ID",
  "Date",
  "RFC822-Message-ID",
  "In-Reply-To",
  "References",
  "Internal-Date",
  "Size-Estimate",
] as const;

/**
 * Whether a record is of this message, though another record is made of it now: earlier versions of this program quoted
 * names, counted sizes and told texts from attachments in other ways. All that stands for the message must be equal, and
 * each line of its text must stand in the message; lines that are not ASCII apart, for charsets were read in other ways, too.
 */
export function isSameMail(record: ExportRecord, fresh: ExportRecord, { root }: Message): boolean {
  if (SAME.some((key) => record[key] !== fresh[key])) return false;
  const lines = new Set([...textsIn(root), fresh.Body.plain, fresh.Body.html].flatMap(linesIn));
  return [record.Body.plain, record.Body.html].flatMap(linesIn).every((line) => lines.has(line));
}

function linesIn(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => /^[\t\x20-\x7e]+$/.test(line));
}

function textsIn(root: Part): string[] {
  const texts: string[] = [];
  const stack = [root];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.content.kept === "here") texts.push(Buffer.from(next.content.read()).toString("latin1"));
    stack.push(...next.parts);
  }
  return texts;
}
