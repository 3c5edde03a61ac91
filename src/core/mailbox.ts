import type { Message } from "./mail.ts";

/** A message as a listing names it. */
export type Ref = Readonly<{ id: string; threadId: string }>;

/** Which mail is wanted. Field meanings are those of Gmail's messages.list: `q`, `labelIds`, `includeSpamTrash`. */
export type Filter = Readonly<{ query: string; labels: readonly string[]; includeSpamTrash: boolean }>;

export const EVERYTHING: Filter = { query: "", labels: [], includeSpamTrash: false };

/** Label ids to the names people gave them. */
export type LabelNames = ReadonlyMap<string, string>;

export type Profile = Readonly<{
  emailAddress: string;
  messagesTotal: number;
  threadsTotal: number;
  historyId: string;
}>;

/** One read from Gmail: a message, or a whole conversation of which `ids` are wanted. */
export type Call =
  | Readonly<{ method: "messages.get"; id: string }>
  | Readonly<{ method: "threads.get"; threadId: string; ids: readonly string[] }>;

/** Where mail comes from. One implementation per way in; `sources/gmail-api/source.ts` is the first. */
export type MailboxSource = Readonly<{
  profile(signal: AbortSignal): Promise<Profile>;
  labels(signal: AbortSignal): Promise<LabelNames>;
  /** Pages of refs, newest first in practice. A set: ids may repeat across pages. Throws `page_token_invalid` when the listing must be begun again. */
  list(filter: Filter, signal: AbortSignal): AsyncIterable<readonly Ref[]>;
  /** One message with all its text, large bodies included. Throws `not_found` when it is gone. */
  message(id: string, signal: AbortSignal): Promise<Message>;
  /** All messages of a conversation, oldest first, trash and spam included. Throws `not_found` when it is gone. */
  thread(threadId: string, signal: AbortSignal): Promise<readonly Message[]>;
  /** What was added since a cursor, and the cursor after it. Throws `not_found` when the cursor has expired. */
  added(
    historyId: string,
    signal: AbortSignal,
  ): Promise<Readonly<{ refs: readonly (Ref & { labelIds: readonly string[] })[]; historyId: string }>>;
}>;
