import type { ExportRecord } from "../core/mail/record.ts";
import { labelList } from "./label-header.ts";

/**
 * Records as a table (RFC 4180): a row a message, a column a key, lines ended by CRLF. Lists stand in a cell with commas
 * between; of attachments their names. What a spreadsheet would run as a formula is text.
 */
const COLUMNS: readonly (readonly [name: string, cell: (record: ExportRecord) => string])[] = [
  ["Message-ID", (record) => record["Message-ID"]],
  ["Thread-ID", (record) => record["Thread-ID"]],
  ["Labels", ({ Labels }) => labelList(Labels)],
  ["Date", ({ Date }) => Date],
  ["From", ({ From }) => From],
  ["To", ({ To }) => To],
  ["Subject", ({ Subject }) => Subject],
  ["Body.plain", ({ Body }) => Body.plain],
  ["Body.html", ({ Body }) => Body.html],
  ["Attachments", ({ Attachments }) => labelList(Attachments.map(({ filename }) => filename))],
  ["Snippet", ({ Snippet }) => Snippet],
  ["Cc", ({ Cc }) => Cc],
  ["Bcc", ({ Bcc }) => Bcc],
  ["Reply-To", (record) => record["Reply-To"]],
  ["Internal-Date", (record) => record["Internal-Date"]],
  ["Label-Names", (record) => labelList(record["Label-Names"])],
  ["RFC822-Message-ID", (record) => record["RFC822-Message-ID"]],
  ["In-Reply-To", (record) => record["In-Reply-To"]],
  ["References", ({ References }) => References],
  ["Size-Estimate", (record) => String(record["Size-Estimate"])],
  ["Original.sha256", ({ Original }) => Original?.sha256 ?? ""],
  ["Original.bytes", ({ Original }) => (Original === undefined ? "" : String(Original.bytes))],
];

/** The table of these records. */
export async function* csv(records: AsyncIterable<ExportRecord>): AsyncGenerator<Buffer> {
  yield Buffer.from(csvRow(COLUMNS.map(([name]) => name)));
  for await (const record of records) yield Buffer.from(csvRow(COLUMNS.map(([, cell]) => cell(record))));
}

/** One line of a table. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(text: string): string {
  const cell = defused(text);
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Signs that begin a formula, wide ones too, behind white space or not; and tabs, which some programs cut off first. */
const FORMULA = /^(?:[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/u;

/** As text for every spreadsheet: behind an apostrophe. Source: OWASP, "CSV Injection". */
function defused(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}
