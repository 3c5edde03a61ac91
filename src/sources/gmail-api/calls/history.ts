import type { Change } from "../../../core/ports/mailbox-source.ts";
import {
  arrayOf,
  isObject,
  listOf,
  objectOf,
  pageTokenOf,
  refOf,
  stringOf,
  stringsOf,
  type Json,
} from "./json-values.ts";

/** What a history entry tells of one message. */
export type MessageChange = Exclude<Change, { change: "cursor" }>;

/** An entry of a mailbox's history. `id` grows from one to the next; undefined where it cannot be read. */
type HistoryEntry = Readonly<{ id: bigint | undefined; changes: readonly MessageChange[] }>;

export type HistoryPage = Readonly<{
  entries: readonly HistoryEntry[];
  nextPageToken: string | undefined;
  /** Up to where the history goes; undefined where the page does not say. */
  historyId: bigint | undefined;
}>;

/**
 * One page of history.list (Gmail API reference, users.history). `history` may be absent on a page that has a next one; the
 * `messages` of an entry repeat what its other lists say. An entry whose messages cannot be read would be mail silently
 * left out: that throws `malformed_response`. Labels that cannot be read are undefined: they are to be asked for.
 */
export function parseHistory(json: unknown): HistoryPage {
  const page = objectOf(json, "a history");
  return {
    entries: listOf(page, "history").map((entry) => entryOf(objectOf(entry, "an entry of a history"))),
    nextPageToken: pageTokenOf(page),
    historyId: historyIdOf(page["historyId"]),
  };
}

/** A history id is a number of 64 bits, as text. They are compared as numbers: as texts, 9 comes after 10. */
export function historyIdOf(value: unknown): bigint | undefined {
  return typeof value === "string" && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function entryOf(entry: Json): HistoryEntry {
  const changes: MessageChange[] = [
    ...listOf(entry, "messagesAdded").map((one): MessageChange => {
      const message = messageOf(one);
      return { change: "added", ref: refOf(message), labelIds: labelsOf(message["labelIds"]) };
    }),
    ...listOf(entry, "labelsAdded").map((one) => relabelled(one, (has) => has)),
    ...listOf(entry, "labelsRemoved").map((one) => relabelled(one, (has) => !has)),
    ...listOf(entry, "messagesDeleted").map((one): MessageChange => ({
      change: "removed",
      ref: refOf(messageOf(one)),
    })),
  ];
  return { id: historyIdOf(entry["id"]), changes };
}

/** The labels are those of the message, which must be what the label that came or went has made of them. */
function relabelled(one: unknown, isAsTold: (hasLabel: boolean) => boolean): MessageChange {
  const message = messageOf(one);
  const labelIds = labelsOf(message["labelIds"]);
  const moved = isObject(one) ? stringsOf(one["labelIds"]) : [];
  const believed = labelIds !== undefined && moved.every((label) => isAsTold(labelIds.includes(label)));
  return { change: "labels", ref: refOf(message), labelIds: believed ? labelIds : undefined };
}

/** Absent labels are not told (gmail-api.md §4); only a list of texts is believed. */
function labelsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || !arrayOf(value).every((label) => typeof label === "string")) return undefined;
  return value.map(stringOf);
}

function messageOf(one: unknown): Json {
  return objectOf(objectOf(one, "a change")["message"], "a message that changed");
}
