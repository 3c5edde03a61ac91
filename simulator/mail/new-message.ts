import type { Kind } from "./bodies.ts";
import { file, multipart, text, type FileOptions } from "./compose.ts";
import { rfc5322Date } from "./envelopes.ts";
import type { Mail } from "./generate.ts";
import { field, mailboxes, unstructured, type Header } from "./header.ts";
import type { Node } from "./mime.ts";
import { random } from "./random.ts";

/** A message put into the mailbox by hand. With none of the content fields, the next message of the seeded variety comes, of `kind` if given. */
export type NewMessage = Readonly<{
  kind?: Kind;
  labelIds?: readonly string[];
  /** A conversation to join; default a new one. */
  threadId?: string;
  /** Epoch milliseconds; default now. */
  internalDate?: number;
  subject?: string;
  from?: string;
  to?: string;
  plain?: string;
  html?: string;
  attachments?: readonly (FileOptions & Readonly<{ filename: string; mimeType: string; bytes: Buffer }>)[];
}>;

/** Undefined when the message says nothing of its own. */
export function compose(message: NewMessage & { internalDate: number }, email: string, id: string): Mail | undefined {
  const { subject, from, to, plain, html, attachments = [], internalDate } = message;
  if ([subject, from, to, plain, html, message.attachments].every((content) => content === undefined)) return undefined;

  const draw = random("new message", id);
  const texts: Node[] = [];
  if (plain !== undefined || html === undefined) texts.push(text("plain", plain ?? ""));
  if (html !== undefined) texts.push(text("html", html));
  const body = texts.length === 1 ? texts[0]! : multipart(draw, "alternative", texts);
  const files = attachments.map(({ filename, mimeType, bytes, ...more }) => file(filename, mimeType, bytes, more));
  const headers = [
    field("MIME-Version", "1.0"),
    field("Date", rfc5322Date(internalDate, "+0000")),
    field("Message-ID", `<${id}@mail.example.com>`),
    unstructured("Subject", subject ?? "New message"),
    mailbox("From", from ?? "grace@example.com"),
    mailbox("To", to ?? email),
  ];
  const node = files.length === 0 ? body : multipart(draw, "mixed", [body, ...files]);
  return { form: "mail", entity: { headers, body: node }, eol: "\r\n", preview: plain ?? html ?? "" };
}

/** `address` or `Name <address>`; lists are left as they are. */
function mailbox(name: string, value: string): Header {
  const [, display, address] = /^([^"<,]+) <([^<>]+)>$/.exec(value) ?? [];
  return display === undefined || address === undefined
    ? field(name, value)
    : mailboxes(name, [{ name: display, address }]);
}
