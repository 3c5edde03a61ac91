import type { DatabaseSync } from "node:sqlite";

import type { RecordStatistics } from "../core/ports/records.ts";
import { parseTexts } from "./read-page.ts";

const SENDERS = 20;

/** Powers of ten, as the sizes are tallied; larger ones are together. */
const SIZES = [4, 5, 6, 7, 8] as const;

/** Read from the tallies: quick, however many records there are. */
export function readStatistics(database: DatabaseSync): Omit<RecordStatistics, "index"> {
  const tally = database.prepare("SELECT key, messages, bytes FROM tally WHERE kind = ? AND messages > 0 ORDER BY key");
  const rowsOf = (kind: string) =>
    tally.all(kind).map(({ key, messages, bytes }) => ({
      key: String(key),
      messages: Number(messages),
      bytes: Number(bytes),
    }));
  const [all] = rowsOf("all");
  const sizes = rowsOf("size");
  const upTo = (power: number): number => sizes.find(({ key }) => Number(key) === power)?.messages ?? 0;
  const larger = sizes.filter(({ key }) => Number(key) >= SIZES.at(-1)!);
  return {
    messages: all?.messages ?? 0,
    bytes: all?.bytes ?? 0,
    attachments: rowsOf("attachments")[0]?.messages ?? 0,
    months: rowsOf("month")
      .filter(({ key }) => key !== "")
      .map(({ key: month, messages, bytes }) => ({ month, messages, bytes })),
    senders: sendersOf(database),
    sizes: SIZES.map((power) =>
      power === SIZES.at(-1)
        ? { upToBytes: undefined, messages: larger.reduce((sum, { messages }) => sum + messages, 0) }
        : { upToBytes: 10 ** power, messages: upTo(power) },
    ),
    labels: labelsOf(database),
  };
}

function sendersOf(database: DatabaseSync): RecordStatistics["senders"] {
  return database
    .prepare(
      `SELECT address, name, messages, bytes FROM tally JOIN sender ON sender.number = CAST(key AS INTEGER)
       WHERE kind = 'sender' AND messages > 0 ORDER BY messages DESC, bytes DESC, address LIMIT ${SENDERS}`,
    )
    .all()
    .map(({ address, name, messages, bytes }) => ({
      address: String(address),
      name: String(name),
      messages: Number(messages),
      bytes: Number(bytes),
    }));
}

/** Messages are tallied by the set of their labels: there are few of those. */
function labelsOf(database: DatabaseSync): RecordStatistics["labels"] {
  const found = new Map<string, { id: string; name: string; messages: number }>();
  const sets = database
    .prepare(
      `SELECT ids, names, messages FROM tally JOIN labels ON labels.number = CAST(key AS INTEGER)
       WHERE kind = 'labels' AND messages > 0 ORDER BY messages DESC`,
    )
    .iterate();
  for (const { ids, names, messages } of sets) {
    const namesOf = parseTexts(names);
    for (const [place, id] of parseTexts(ids).entries()) {
      const label = found.get(id) ?? { id, name: namesOf[place] ?? id, messages: 0 };
      label.messages += Number(messages);
      found.set(id, label);
    }
  }
  return [...found.values()].toSorted((a, b) => b.messages - a.messages || (a.id < b.id ? -1 : 1));
}
