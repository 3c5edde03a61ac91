import { invalidArgument } from "../errors.ts";
import { position, type Entry, type Mailbox } from "../mail/mailbox.ts";
import { truthOf } from "../mail/truth.ts";
import type { PageTokens } from "./page-token.ts";
import type { Parameters } from "./parameters.ts";
import { parseQuery } from "./query.ts";

/** What a fault does to an answer. */
export type PageFault =
  | "emptyPage"
  | "emptyListing"
  | "duplicateIds"
  | "emptyLabels"
  | "withoutLabelIds"
  | "reversedPages"
  | undefined;

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
  for (const id of labelIds) if (!mailbox.labels.find(id)) throw invalidArgument(`Invalid label: ${id}`);
  const asksSpamTrash = given.flag("includeSpamTrash");
  const q = given.text("q");
  const key = JSON.stringify([mailbox.email, what, q, labelIds, asksSpamTrash]);
  const state = given.has("pageToken") ? tokens.open(key, given.text("pageToken")) : "";
  if (fault === "emptyPage") return { entries: [], nextPageToken: tokens.seal(key, state), resultSizeEstimate: 201 };
  if (fault === "emptyListing") return { entries: [], resultSizeEstimate: 0 };
  const cursor = readCursor(state);

  const query = parseQuery(q, mailbox.labels.all());
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
