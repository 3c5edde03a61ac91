import type { DatabaseSync, SQLInputValue } from "node:sqlite";

import type { RecordPage, RecordPosition, RecordQuestion, RecordSummary } from "../core/ports/records.ts";
import { NO_DATE } from "./read-entry.ts";

/** More words than a person types; each costs a look through the index. */
const MOST_WORDS = 8;

/** A page of what matches, and how many match in all. */
export function readPage(
  database: DatabaseSync,
  question: RecordQuestion,
  limit: number,
  from: RecordPosition | undefined,
): Omit<RecordPage, "index"> {
  const { match, conditions, values } = filterOf(question);
  const where = (all: readonly string[]): string => (all.length === 0 ? "" : `WHERE ${all.join(" AND ")}`);
  // The last is right always; the others are quicker, and what is asked most.
  const counting =
    conditions.length === 0
      ? "SELECT messages AS total FROM tally WHERE kind = 'all'"
      : conditions.length === 1 && match !== ""
        ? "SELECT count(*) AS total FROM words WHERE words MATCH ?"
        : `SELECT count(*) AS total FROM record ${where(conditions)}`;
  const counted = database.prepare(counting).get(...values);

  const [direction, beyond] = question.order === "newest" ? ["DESC", "<"] : ["ASC", ">"];
  const further = from ? [...conditions, `(date, record.number) ${beyond} (?, ?)`] : conditions;
  const rows = database
    .prepare(
      `SELECT record.*, labels.ids, labels.names FROM record JOIN labels ON labels.number = record.labels
       ${where(further)} ORDER BY date ${direction}, record.number ${direction} LIMIT ?`,
    )
    .all(...values, ...(from ?? []), limit + 1);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    total: Number(counted?.["total"] ?? 0),
    records: page.map(summaryOf),
    next: last && [Number(last["date"]), Number(last["number"])],
  };
}

function filterOf({ search, from, subject, label, after, before }: RecordQuestion) {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const demand = (condition: string, ...of: SQLInputValue[]): void => {
    conditions.push(condition);
    values.push(...of);
  };
  const expressions = [matchOf(search), matchOf(from, "sender"), matchOf(subject, "subject")];
  const match = expressions.filter((expression) => expression !== "").join(" AND ");
  if (match !== "") demand("record.number IN (SELECT rowid FROM words WHERE words MATCH ?)", match);
  if (label !== undefined)
    demand(
      `record.labels IN (
         SELECT number FROM labels
         WHERE EXISTS (SELECT 1 FROM json_each(ids) WHERE value = ?) OR EXISTS (SELECT 1 FROM json_each(names) WHERE value = ?))`,
      label,
      label,
    );
  if (after !== undefined) demand("date >= ?", after);
  if (before !== undefined) demand("date < ? AND date > ?", before, NO_DATE);
  return { match, conditions, values };
}

/**
 * Words as an FTS5 expression: each in quotes, where nothing but a quote means anything, and each as a prefix. What has
 * no letter, digit or symbol has no token, and would match nothing; NUL would end the expression.
 */
function matchOf(text: string, column?: string): string {
  const words = text.toWellFormed().normalize().replaceAll("\0", " ").split(/\s+/);
  const found = words.filter((word) => /[\p{L}\p{N}\p{Co}\p{Cn}\p{So}]/u.test(word));
  if (found.length === 0) return "";
  const distinct = [...new Set(found)].slice(0, MOST_WORDS);
  const all = distinct.map((word) => `"${word.replaceAll('"', '""')}"*`).join(" AND ");
  return column === undefined ? `(${all})` : `${column} : (${all})`;
}

function summaryOf(row: Record<string, unknown>): RecordSummary {
  const date = Number(row["date"]);
  return {
    id: String(row["id"]),
    threadId: String(row["thread_id"]),
    date: date === NO_DATE ? undefined : date,
    from: String(row["from"]),
    to: String(row["to"]),
    subject: String(row["subject"]),
    snippet: String(row["snippet"]),
    labels: parseTexts(row["ids"]),
    labelNames: parseTexts(row["names"]),
    sizeEstimate: Number(row["size"]),
    attachments: Number(row["attachments"]),
  };
}

/** A list that the index itself wrote. */
export function parseTexts(json: unknown): string[] {
  const list: unknown = JSON.parse(String(json));
  return Array.isArray(list) ? list.map(String) : [];
}
