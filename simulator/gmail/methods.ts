import { randomBytes } from "node:crypto";

import { forbidden, invalidArgument, notFound } from "../errors.ts";
import type { Entry, Mailbox } from "../mail/mailbox.ts";
import { snippetOf } from "../mail/truth.ts";
import { escapeHtml } from "../mail/words.ts";
import type { Method } from "../quota.ts";
import { historyPage } from "./history-list.ts";
import { listPage, type PageFault } from "./listing.ts";
import type { PageTokens } from "./page-token.ts";
import type { Parameters } from "./parameters.ts";
import { base64url, FORMATS, partBytes, toMessage, type Format } from "./payload.ts";

const AUTH = "https://www.googleapis.com/auth/";
const METADATA = `${AUTH}gmail.metadata`;
const READ = [`${AUTH}gmail.readonly`, `${AUTH}gmail.modify`, "https://mail.google.com/"];
const READ_METADATA = [...READ, METADATA];

/** Everything one call needs. `ids` are those in its path. */
type Request = Readonly<{
  mailbox: Mailbox;
  ids: readonly string[];
  given: Parameters;
  scopes: ReadonlySet<string>;
  fault: PageFault;
}>;

/** An answer, and which messages' content it carries. */
type Answer = Readonly<{ body: Record<string, unknown>; carries: readonly string[] }>;

type Served = Readonly<{
  path: RegExp;
  scopes: readonly string[];
  parameters: readonly string[];
  answer(request: Request): Answer;
}>;

const LISTING = ["maxResults", "pageToken", "q", "labelIds", "includeSpamTrash"];

/** Old attachment ids work until this many newer ones were given out. */
const ATTACHMENT_IDS_KEPT = 5_000;

/** The methods of Gmail that the simulator serves, by their path below users/{userId}/. */
export function gmailMethods(tokens: PageTokens): Readonly<Record<Method, Served>> {
  const attachmentIds = new Map<string, { messageId: string; partId: string }>();

  const issueFor = (messageId: string) => (partId: string) => {
    const attachmentId = `ANGjdJ${randomBytes(180).toString("base64url")}`;
    attachmentIds.set(attachmentId, { messageId, partId });
    if (attachmentIds.size > ATTACHMENT_IDS_KEPT) attachmentIds.delete(attachmentIds.keys().next().value!);
    return attachmentId;
  };

  const messageOf = (mailbox: Mailbox, entry: Entry, format: Format, metadataHeaders: readonly string[]) =>
    toMessage(entry, mailbox.mail(entry), format, issueFor(entry.id), metadataHeaders);

  return {
    getProfile: {
      path: /^profile$/,
      scopes: [...READ_METADATA, `${AUTH}gmail.compose`],
      parameters: [],
      answer: ({ mailbox }) => {
        const { email: emailAddress, threadsTotal, newestFirst, historyId } = mailbox;
        return plain({ emailAddress, messagesTotal: newestFirst.length, threadsTotal, historyId: String(historyId) });
      },
    },
    "labels.list": {
      path: /^labels$/,
      scopes: [...READ_METADATA, `${AUTH}gmail.labels`],
      parameters: [],
      answer: ({ mailbox, fault }) =>
        plain(
          fault === "emptyLabels"
            ? {}
            : {
                labels: mailbox.labels.all().map(({ id, name, type, messageListVisibility, labelListVisibility }) => ({
                  id,
                  name,
                  type,
                  messageListVisibility,
                  labelListVisibility,
                })),
              },
        ),
    },
    "labels.get": {
      path: /^labels\/([^/]+)$/,
      scopes: [...READ_METADATA, `${AUTH}gmail.labels`],
      parameters: [],
      answer: ({ mailbox, ids: [id] }) => {
        const label = mailbox.labels.find(id!);
        if (label === undefined) throw notFound();
        const carriers = mailbox.newestFirst.filter(({ labelIds }) => labelIds.includes(label.id));
        const unread = carriers.filter(({ labelIds }) => labelIds.includes("UNREAD"));
        return plain({
          ...label,
          messagesTotal: carriers.length,
          messagesUnread: unread.length,
          threadsTotal: threads(carriers),
          threadsUnread: threads(unread),
        });
      },
    },
    "messages.list": {
      path: /^messages$/,
      scopes: READ_METADATA,
      parameters: LISTING,
      answer: ({ mailbox, given, scopes, fault }) => {
        refuseQuery(given, scopes);
        const { entries, ...rest } = listPage(mailbox, tokens, "messages", given, fault);
        const messages = entries.map(({ id, threadId }) => ({ id, threadId }));
        return plain({ ...(messages.length > 0 ? { messages } : {}), ...rest });
      },
    },
    "messages.get": {
      path: /^messages\/([^/]+)$/,
      scopes: READ_METADATA,
      parameters: ["format", "metadataHeaders"],
      answer: ({ mailbox, ids: [id], given, scopes }) => {
        const format = given.oneOf("format", FORMATS, "full");
        refuseContent(format, scopes);
        const entry = mailbox.entry(checked(id!));
        if (entry === undefined) throw notFound();
        return answer(messageOf(mailbox, entry, format, given.all("metadataHeaders")), [entry], format);
      },
    },
    "messages.attachments.get": {
      path: /^messages\/([^/]+)\/attachments\/([^/]+)$/,
      scopes: READ,
      parameters: [],
      answer: ({ mailbox, ids: [id, attachmentId] }) => {
        const entry = mailbox.entry(checked(id!));
        if (entry === undefined) throw notFound();
        const issued = attachmentIds.get(attachmentId!);
        if (issued === undefined || issued.messageId !== id) throw invalidArgument("Invalid attachment token");
        const bytes = partBytes(mailbox.mail(entry).entity.body, issued.partId)!;
        return plain({ size: bytes.length, data: base64url(bytes, bytes.length % 2 === 0) });
      },
    },
    "threads.list": {
      path: /^threads$/,
      scopes: READ_METADATA,
      parameters: LISTING,
      answer: ({ mailbox, given, scopes, fault }) => {
        refuseQuery(given, scopes);
        const { entries, ...rest } = listPage(mailbox, tokens, "threads", given, fault);
        const listed = entries.map((entry) => ({
          id: entry.threadId,
          snippet: escapeHtml(snippetOf(mailbox.mail(entry).preview)),
          historyId: String(newestHistoryId(mailbox.thread(entry.threadId))),
        }));
        return plain({ ...(listed.length > 0 ? { threads: listed } : {}), ...rest });
      },
    },
    "threads.get": {
      path: /^threads\/([^/]+)$/,
      scopes: READ_METADATA,
      parameters: ["format", "metadataHeaders"],
      answer: ({ mailbox, ids: [id], given, scopes }) => {
        const format = given.oneOf("format", FORMATS, "full");
        if (format === "raw") throw invalidArgument("Invalid value at 'format' (TYPE_ENUM), \"raw\"");
        refuseContent(format, scopes);
        const entries = mailbox.thread(checked(id!));
        if (entries.length === 0) throw notFound();
        const messages = entries.map((entry) => messageOf(mailbox, entry, format, given.all("metadataHeaders")));
        return answer({ id, historyId: String(newestHistoryId(entries)), messages }, entries, format);
      },
    },
    "history.list": {
      path: /^history$/,
      scopes: READ_METADATA,
      parameters: ["startHistoryId", "historyTypes", "labelId", "maxResults", "pageToken"],
      answer: ({ mailbox, given, fault }) => plain(historyPage(mailbox, tokens, given, fault)),
    },
  };
}

const plain = (body: Record<string, unknown>): Answer => ({ body, carries: [] });

function answer(body: Record<string, unknown>, entries: readonly Entry[], format: Format): Answer {
  return { body, carries: format === "full" || format === "raw" ? entries.map(({ id }) => id) : [] };
}

function checked(id: string): string {
  if (!/^[0-9a-f]{1,16}$/.test(id)) throw invalidArgument("Invalid id value");
  return id;
}

/** The metadata scope takes away what other scopes give, even for an empty `q`. */
function refuseQuery(given: Parameters, scopes: ReadonlySet<string>): void {
  if (scopes.has(METADATA) && given.has("q")) throw forbidden("Metadata scope does not support 'q' parameter");
}

function refuseContent(format: Format, scopes: ReadonlySet<string>): void {
  if (scopes.has(METADATA) && (format === "full" || format === "raw"))
    throw forbidden(`Metadata scope doesn't allow format ${format.toUpperCase()}`);
}

const threads = (entries: readonly Entry[]) => new Set(entries.map(({ threadId }) => threadId)).size;

const newestHistoryId = (entries: readonly Entry[]) => Math.max(...entries.map(({ historyId }) => historyId));
