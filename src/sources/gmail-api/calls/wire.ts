import { decodeHTMLStrict } from "entities";

import { NO_CONTENT, type Content, type Header, type Message, type Part } from "../../../core/mail/mail.ts";
import type { Ref } from "../../../core/mail/ref.ts";
import type { Profile } from "../../../core/ports/mailbox-source.ts";
import { isMoment, type EpochMs } from "../../../core/time.ts";
import {
  arrayOf,
  countOf,
  isObject,
  listOf,
  objectOf,
  pageTokenOf,
  refOf,
  stringOf,
  stringsOf,
} from "./json-values.ts";
import { malformed } from "./malformed-answer.ts";

/*
 * Gmail's JSON, unknown until it has passed through here. A message is read leniently: whatever is absent or of the wrong
 * type is empty, only its id must be there. Listings are read strictly: an entry that cannot be read, or a cursor, would
 * be mail silently left out. Everything throws `malformed_response` otherwise.
 * Shapes: Gmail API reference, users.messages, users.threads, users.labels.
 */

export function parseMessage(json: unknown, makeContent: MakeContent = contentHere): Message {
  const message = objectOf(json, "a message");
  return {
    ...refOf(message),
    labelIds: stringsOf(message["labelIds"]),
    snippet: decodeHTMLStrict(stringOf(message["snippet"])).toWellFormed(), // Gmail escapes it as HTML
    internalDate: momentOf(message["internalDate"]),
    sizeEstimate: countOf(message["sizeEstimate"]),
    root: parsePart(message["payload"], makeContent),
  };
}

/** A message of which the id and the labels were asked for. That it has none is believed only where none are named. */
export function parseLabelIds(json: unknown): { id: string; labelIds: readonly string[] } {
  const message = objectOf(json, "a message");
  const labelIds = listOf(message, "labelIds");
  if (!labelIds.every((label) => typeof label === "string")) throw malformed("labels that are no texts");
  return { id: refOf(message).id, labelIds: stringsOf(labelIds) };
}

/** The messages of a conversation, in Gmail's order. */
export function parseThread(json: unknown, makeContent: MakeContent = contentHere): Message[] {
  const thread = objectOf(json, "a conversation");
  if (thread["messages"] === undefined) throw malformed("a conversation without messages");
  return listOf(thread, "messages").map((message) => parseMessage(message, makeContent));
}

/** One page of messages.list. `messages` is absent, not empty, where nothing was found. */
export function parseMessageList(json: unknown): { refs: Ref[]; nextPageToken: string | undefined } {
  const page = objectOf(json, "a listing");
  return {
    refs: listOf(page, "messages").map((entry) => refOf(objectOf(entry, "an entry of a listing"))),
    nextPageToken: pageTokenOf(page),
  };
}

/** The answer of getProfile. */
export function parseProfile(json: unknown): Omit<Profile, "cursor"> & { historyId: string } {
  const profile = objectOf(json, "a profile");
  const emailAddress = stringOf(profile["emailAddress"]);
  if (!/^[^\p{Cc}]{1,320}$/u.test(emailAddress)) throw malformed("a profile without an address");
  return {
    emailAddress,
    messagesTotal: countOf(profile["messagesTotal"]),
    threadsTotal: countOf(profile["threadsTotal"]),
    historyId: stringOf(profile["historyId"]),
  };
}

/** Label ids to names. A label that lacks either is left out: an id without a name stands for itself anyway. */
export function parseLabels(json: unknown): Map<string, string> {
  const labels = listOf(objectOf(json, "a list of labels"), "labels").filter(isObject);
  return new Map(
    labels
      .map((label) => [stringOf(label["id"]), stringOf(label["name"])] as const)
      .filter(([id, name]) => id !== "" && name !== ""),
  );
}

/** The answer of messages.attachments.get: the content itself. */
export function parseAttachment(json: unknown, makeContent: MakeContent = contentHere): Content {
  const { data, size } = objectOf(json, "an attachment");
  // Google leaves empty fields out, but only an attachment of no bytes may come without any.
  if (typeof data !== "string" && size !== 0) throw malformed("an attachment without data");
  return makeContent(stringOf(data), countOf(size), "");
}

/** A tree of parts, breadth first: the nesting is the sender's choice, the call stack is ours. */
function parsePart(json: unknown, makeContent: MakeContent): Part {
  const top: Part[] = [];
  const queue = [{ part: isObject(json) ? json : {}, siblings: top }];
  for (const { part, siblings } of queue) {
    const parts: Part[] = [];
    const headers = headersOf(part["headers"], stringOf(part["mimeType"]));
    siblings.push({
      partId: stringOf(part["partId"]),
      mimeType: mimeTypeOf(part["mimeType"]),
      filename: stringOf(part["filename"]),
      headers,
      content: contentOf(part["body"], makeContent),
      parts,
    });
    for (const child of arrayOf(part["parts"]).filter(isObject)) queue.push({ part: child, siblings: parts });
  }
  return top[0]!;
}

/** A MessagePartBody: `data` where Gmail gives the content at once, else the `attachmentId` under which it keeps it. */
function contentOf(body: unknown, makeContent: MakeContent): Content {
  if (!isObject(body)) return NO_CONTENT;
  const data = stringOf(body["data"]);
  const size = countOf(body["size"]);
  const handle = stringOf(body["attachmentId"]);
  if (data !== "") return makeContent(data, size, handle);
  return handle === "" ? { kept: "nowhere", size } : { kept: "elsewhere", size, handle };
}

/** Makes content of its base64, of the size that Gmail gives for it, and of the id under which it keeps it. */
export type MakeContent = (data: string, size: number, handle: string) => Content;

/** Content from base64url or base64, padded or not, which is decoded only when somebody reads it. */
export function contentHere(data: string, size: number, handle: string): Content {
  const read = (): Uint8Array => Buffer.from(data, "base64url");
  // The length of the text tells its bytes, unless it holds what is no base64: then its reader does.
  const told = Buffer.byteLength(data, "base64url");
  return { kept: "here", size: told === size ? size : read().length, read, handle };
}

/** Epoch milliseconds from Gmail's decimal text. */
function momentOf(value: unknown): EpochMs | undefined {
  const moment = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : undefined;
  return isMoment(moment) ? moment : undefined;
}

/** Lower-case and without the stray parameters that a malformed Content-Type leaves in it. */
function mimeTypeOf(value: unknown): string {
  return stringOf(value).trim().split(/[;\s]/, 1)[0]!.toLowerCase();
}

/** Gmail leaves parameters of a Content-Type that it could not read in its `mimeType`: there they are another such header. */
function headersOf(value: unknown, mimeType: string): Header[] {
  const headers = arrayOf(value)
    .filter(isObject)
    .map((header) => ({ name: stringOf(header["name"]), value: stringOf(header["value"]) }))
    .filter(({ name }) => name !== "");
  if (/[;\s]/.test(mimeType.trim())) headers.push({ name: "Content-Type", value: mimeType });
  return headers;
}
