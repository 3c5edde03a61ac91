import { invalidArgument, notFound } from "../errors.ts";
import { CHANGES, type Change, type HistoryRecord } from "../mail/history.ts";
import type { Mailbox } from "../mail/mailbox.ts";
import type { PageFault } from "./listing.ts";
import type { PageTokens } from "./page-token.ts";
import type { Parameters } from "./parameters.ts";

const KEYS: Readonly<Record<Change, string>> = {
  messageAdded: "messagesAdded",
  messageDeleted: "messagesDeleted",
  labelAdded: "labelsAdded",
  labelRemoved: "labelsRemoved",
};

/**
 * Where a page begins: behind a history id. Pages in reverse end before a place in what there is behind the first id, and
 * the last of them is the earliest.
 */
type Place = Readonly<{ after: number; endsBefore?: number }>;

/** users.history.list: pages are cut before filters apply, so a page can be without history and still not the last. */
export function historyPage(
  mailbox: Mailbox,
  tokens: PageTokens,
  given: Parameters,
  fault: PageFault,
): Record<string, unknown> {
  const limit = given.maxResults();
  const start = given.text("startHistoryId");
  if (!/^\d{1,20}$/.test(start))
    throw invalidArgument(start === "" ? "Missing or invalid startHistoryId" : "Invalid startHistoryId");
  const types = given.all("historyTypes");
  for (const type of types)
    if (!CHANGES.some((change) => change === type))
      throw invalidArgument(`Invalid value at 'history_types' (TYPE_ENUM), "${type}"`);
  const labelId = given.text("labelId");
  if (labelId !== "" && !mailbox.labels.find(labelId)) throw invalidArgument(`Invalid label: ${labelId}`);

  const key = JSON.stringify([mailbox.email, "history", start, types, labelId]);
  const isFirst = !given.has("pageToken");
  const place: Place = isFirst ? { after: Number(start) } : JSON.parse(tokens.open(key, given.text("pageToken")));
  if (Number(start) < mailbox.history.oldest || Number(start) > mailbox.historyId) throw notFound();
  const historyId = String(mailbox.historyId);
  const sealed = (next: Place) => ({ nextPageToken: tokens.seal(key, JSON.stringify(next)) });
  if (fault === "emptyPage") return { ...sealed(place), historyId };

  const isReversed = place.endsBefore !== undefined || (isFirst && fault === "reversedPages");
  const { records, next } = isReversed ? pageBackwards(mailbox, place, limit) : pageForwards(mailbox, place, limit);
  const history = records
    .filter(({ change, message, labelIds }) => {
      if (types.length > 0 && !types.includes(change)) return false;
      return labelId === "" || (message.labelIds ?? []).includes(labelId) || labelIds.includes(labelId);
    })
    .map((record) => toHistory(record, fault !== "withoutLabelIds"));
  return { ...(history.length > 0 ? { history } : {}), ...(next && sealed(next)), historyId };
}

type Page = Readonly<{ records: readonly HistoryRecord[]; next: Place | undefined }>;

function pageForwards({ history }: Mailbox, { after }: Place, limit: number): Page {
  const from = history.after(after);
  const records = history.slice(from, from + limit);
  return { records, next: from + limit < history.length ? { after: records.at(-1)!.historyId } : undefined };
}

function pageBackwards({ history }: Mailbox, { after, endsBefore = history.length }: Place, limit: number): Page {
  const first = history.after(after);
  const from = Math.max(first, endsBefore - limit);
  return { records: history.slice(from, endsBefore), next: from > first ? { after, endsBefore: from } : undefined };
}

function toHistory(
  { historyId, change, message, labelIds }: HistoryRecord,
  tellsLabels: boolean,
): Record<string, unknown> {
  const { id, threadId } = message;
  const told = { id, threadId, ...(tellsLabels && message.labelIds?.length ? { labelIds: message.labelIds } : {}) };
  const entry = labelIds.length > 0 ? { message: told, labelIds } : { message: told };
  return { id: String(historyId), messages: [{ id, threadId }], [KEYS[change]]: [entry] };
}
