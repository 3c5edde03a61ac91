import { invalidArgument, notFound } from "../errors.ts";
import { CHANGES, position, type Change, type Entry, type HistoryRecord, type Mailbox } from "../mail/mailbox.ts";
import { truthOf } from "../mail/truth.ts";
import { LABELS } from "./labels.ts";
import type { PageTokens } from "./page-token.ts";
import type { Parameters } from "./parameters.ts";
import { parseQuery } from "./query.ts";

/** What a fault does to a page. */
export type PageFault = "emptyPage" | "duplicateIds" | undefined;

/** The last entry of the page before, and how many messages had come by then. */
type Cursor = Readonly<{ internalDate: number; id: string; additions: number }>;

/** How many entries of the page before `duplicateIds` repeats. */
const REPEATED = 3;

type Page = Readonly<{ entries: readonly Entry[]; nextPageToken?: string; resultSizeEstimate: number }>;

/** The page of messages.list and threads.list: messages, or the newest matching message of each conversation. */
export function listPage(
  mailbox: Mailbox,
  tokens: PageTokens,
  what: "messages" | "threads",
  given: Parameters,
  fault: PageFault,
): Page {
  const limit = given.maxResults();
  const labelIds = given.all("labelIds");
  for (const id of labelIds)
    if (!LABELS.some((label) => label.id === id)) throw invalidArgument(`Invalid label: ${id}`);
  const asksSpamTrash = given.flag("includeSpamTrash");
  const q = given.text("q");
  const key = JSON.stringify([mailbox.email, what, q, labelIds, asksSpamTrash]);
  const state = given.has("pageToken") ? tokens.open(key, given.text("pageToken")) : "";
  if (fault === "emptyPage") return { entries: [], nextPageToken: tokens.seal(key, state), resultSizeEstimate: 201 };
  const cursor = readCursor(state);

  const query = parseQuery(q, LABELS);
  const showsHidden =
    asksSpamTrash || query.includesSpamTrash || labelIds.includes("SPAM") || labelIds.includes("TRASH");
  const matchesAlone = (entry: Entry): boolean => {
    const has = (label: string) => entry.labelIds.includes(label);
    if (!showsHidden && (has("SPAM") || has("TRASH"))) return false;
    return labelIds.every(has) && query.matches({ entry, truth: () => truthOf(entry, mailbox.mail(entry)) });
  };
  const leads = (entry: Entry) => mailbox.thread(entry.threadId).findLast(matchesAlone) === entry;
  const matches = what === "messages" ? matchesAlone : (entry: Entry) => matchesAlone(entry) && leads(entry);

  const order = mailbox.newestFirst;
  let at = cursor === undefined ? 0 : afterCursor(order, cursor);
  if (cursor !== undefined) {
    // Mail that came meanwhile pushes what was already listed onto the next page; never a whole page, or paging would not end.
    const shift = mailbox.additions - cursor.additions + (fault === "duplicateIds" ? REPEATED : 0);
    for (let left = Math.min(shift, limit - 1); left > 0 && at > 0; at--) if (matches(order[at - 1]!)) left--;
  }
  const entries: Entry[] = [];
  for (; at < order.length && entries.length <= limit; at++) if (matches(order[at]!)) entries.push(order[at]!);
  if (entries.length <= limit) return { entries, resultSizeEstimate: Math.min(entries.length, 201) };

  entries.pop();
  const { internalDate, id } = entries.at(-1)!;
  const next = `${internalDate} ${id} ${mailbox.additions}`;
  return { entries, nextPageToken: tokens.seal(key, next), resultSizeEstimate: 201 };
}

/** Undefined before the first page. */
function readCursor(state: string): Cursor | undefined {
  const [internalDate, id, additions] = state.split(" ");
  return id === undefined ? undefined : { internalDate: Number(internalDate), id, additions: Number(additions) };
}

/** The place after the cursor's message, which may itself have gone. */
function afterCursor(order: readonly Entry[], cursor: Cursor): number {
  const at = position(order, cursor);
  return order[at]?.id === cursor.id ? at + 1 : at;
}

const KEYS: Readonly<Record<Change, string>> = {
  messageAdded: "messagesAdded",
  messageDeleted: "messagesDeleted",
  labelAdded: "labelsAdded",
  labelRemoved: "labelsRemoved",
};

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
  if (labelId !== "" && !LABELS.some((label) => label.id === labelId))
    throw invalidArgument(`Invalid label: ${labelId}`);

  const key = JSON.stringify([mailbox.email, "history", start, types, labelId]);
  const after = given.has("pageToken") ? Number(tokens.open(key, given.text("pageToken"))) : Number(start);
  if (Number(start) < mailbox.oldestHistoryId || Number(start) > mailbox.historyId) throw notFound();
  const historyId = String(mailbox.historyId);
  if (fault === "emptyPage") return { nextPageToken: tokens.seal(key, String(after)), historyId };

  const later = mailbox.log.slice(firstAfter(mailbox.log, after));
  const page = later.slice(0, limit);
  const history = page
    .filter(({ change, message, labelIds }) => {
      if (types.length > 0 && !types.includes(change)) return false;
      return labelId === "" || message.labelIds.includes(labelId) || labelIds.includes(labelId);
    })
    .map(toHistory);
  return {
    ...(history.length > 0 ? { history } : {}),
    ...(later.length > limit ? { nextPageToken: tokens.seal(key, String(page.at(-1)!.historyId)) } : {}),
    historyId,
  };
}

function firstAfter(log: readonly HistoryRecord[], historyId: number): number {
  const at = log.findIndex((record) => record.historyId > historyId);
  return at === -1 ? log.length : at;
}

function toHistory({ historyId, change, message, labelIds }: HistoryRecord): Record<string, unknown> {
  const { id, threadId } = message;
  const told = { id, threadId, ...(message.labelIds.length > 0 ? { labelIds: message.labelIds } : {}) };
  const entry = labelIds.length > 0 ? { message: told, labelIds } : { message: told };
  return { id: String(historyId), messages: [{ id, threadId }], [KEYS[change]]: [entry] };
}
