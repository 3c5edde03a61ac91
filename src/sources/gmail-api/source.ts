import { failureOf, refuse } from "../../core/errors.ts";
import type { Content, Message, Part } from "../../core/mail.ts";
import type { MailboxSource } from "../../core/mailbox.ts";
import { textBodiesToFetch, withContents } from "../../core/parts.ts";
import type { GmailClient } from "./client.ts";

/** A mailbox read through the Gmail API. */
export function gmailSource(client: GmailClient): MailboxSource {
  return {
    profile: client.getProfile,
    labels: client.labelsList,
    async *list(filter, signal) {
      for await (const { refs } of pages((token) => client.messagesList(filter, token, signal))) yield refs;
    },
    async message(id, signal) {
      return whole(client, await client.messagesGet(id, signal), signal);
    },
    async thread(threadId, signal) {
      const messages: Message[] = [];
      for (const message of await client.threadsGet(threadId, signal))
        messages.push(await whole(client, message, signal));
      return messages;
    },
    async added(historyId, signal) {
      const refs = [];
      let cursor = historyId;
      for await (const page of pages((token) => client.historyList(historyId, token, signal))) {
        refs.push(...page.refs);
        cursor = page.historyId || cursor;
      }
      return { refs, historyId: cursor };
    },
  };
}

/** Pages until one names no next: an empty page may. Page tokens that go in a circle would never end. */
async function* pages<Page extends Readonly<{ nextPageToken: string | undefined }>>(
  read: (pageToken: string | undefined) => Promise<Page>,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  let pageToken: string | undefined;
  do {
    const page = await read(pageToken);
    yield page;
    pageToken = page.nextPageToken;
    if (pageToken === undefined) return;
    if (seen.has(pageToken))
      throw refuse(
        "page_token_invalid",
        "Gmail's listing leads back to a page it has already given.",
        "Start the export again: it lists anew and keeps everything it has.",
      );
    seen.add(pageToken);
  } while (true);
}

/** The message with the text bodies that Gmail left out of it for their size. */
async function whole(client: GmailClient, message: Message, signal: AbortSignal): Promise<Message> {
  try {
    return await withText(client, message, signal);
  } catch (error) {
    if (!isStale(error)) throw error;
  }
  // An attachment's id is good for a while only. A message read anew has new ones; if that is gone, so is the message.
  const fresh = await client.messagesGet(message.id, signal);
  try {
    return await withText(client, fresh, signal);
  } catch (error) {
    if (!isStale(error)) throw error;
    throw refuse(
      "bad_request",
      "Gmail does not give out the text of this message.",
      "Open the message in Gmail; if it shows there, try the failed messages again.",
      { cause: error },
    );
  }
}

async function withText(client: GmailClient, message: Message, signal: AbortSignal): Promise<Message> {
  const parts = textBodiesToFetch(message);
  if (parts.length === 0) return message;
  const contents = new Map<Part, Content>();
  for (const part of parts) contents.set(part, await client.attachmentsGet(message.id, part.content.handle, signal));
  return withContents(message, contents);
}

/** Gmail says 400 or 404 of an attachment id it no longer knows. */
function isStale(error: unknown): boolean {
  const code = failureOf(error)?.code;
  return code === "not_found" || code === "bad_request";
}
