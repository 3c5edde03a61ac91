import type { Mail } from "./generate.ts";
import { estimateSize, heldBytes, type Node } from "./mime.ts";

/**
 * What a message is, known before anything was encoded: the answer an exporter must reach.
 * Header values are Unicode, "" when missing, several of one name joined with ", ".
 * Text keeps its line ends, and soft breaks of format=flowed, as the sender wrote them.
 */
export type Truth = Readonly<{
  id: string;
  threadId: string;
  labelIds: readonly string[];
  /** Epoch milliseconds. */
  internalDate: number;
  date: string;
  from: string;
  to: string;
  cc: string;
  bcc: string;
  replyTo: string;
  subject: string;
  messageId: string;
  inReplyTo: string;
  references: string;
  plain: string;
  html: string;
  attachments: readonly AttachmentTruth[];
  /** Entities decoded; invisible padding kept. */
  snippet: string;
  sizeEstimate: number;
  /** False for chats, whose raw form Gmail gives empty or cut, and for messages without any payload. */
  hasRaw: boolean;
}>;

/** `size` is in decoded bytes. A forwarded message is one, what is in it is not, and its size is what its leaves hold. */
type AttachmentTruth = Readonly<{
  filename: string;
  mimeType: string;
  size: number;
  partId: string;
  bytes: Buffer;
}>;

type Placed = Readonly<{ id: string; threadId: string; labelIds: readonly string[]; internalDate: number }>;

export function truthOf({ id, threadId, labelIds, internalDate }: Placed, { form, entity, preview }: Mail): Truth {
  const header = (name: string) =>
    entity.headers
      .filter((candidate) => candidate.name.toLowerCase() === name)
      .map(({ text }) => text)
      .join(", ");
  const texts: { plain: string[]; html: string[] } = { plain: [], html: [] };
  const attachments: AttachmentTruth[] = [];
  collect(entity.body, "", texts, attachments);
  return {
    id,
    threadId,
    labelIds,
    internalDate,
    date: header("date"),
    from: header("from"),
    to: header("to"),
    cc: header("cc"),
    bcc: header("bcc"),
    replyTo: header("reply-to"),
    subject: header("subject"),
    messageId: header("message-id"),
    inReplyTo: header("in-reply-to"),
    references: header("references"),
    plain: texts.plain.join("\n"),
    html: texts.html.join("\n"),
    attachments,
    snippet: snippetOf(preview),
    sizeEstimate: estimateSize(entity),
    hasRaw: form === "mail",
  };
}

function collect(
  node: Node,
  partId: string,
  texts: { plain: string[]; html: string[] },
  attachments: AttachmentTruth[],
) {
  if (node.kind === "multipart") {
    node.parts.forEach((part, i) => collect(part, childId(partId, i), texts, attachments));
  } else if (node.kind === "leaf" && node.text !== undefined) {
    texts[node.mimeType.startsWith("text/html") ? "html" : "plain"].push(node.text);
  } else {
    const { filename, mimeType, bytes } = node;
    attachments.push({ filename, mimeType, size: heldBytes(node), partId, bytes });
  }
}

export const childId = (partId: string, index: number) => (partId === "" ? String(index) : `${partId}.${index}`);

/** The first two hundred characters on one line. Invisible padding is not white space to Gmail. */
export function snippetOf(preview: string): string {
  const line = preview
    .slice(0, 600)
    .replaceAll(/[ \t\r\n]+/g, " ")
    .trim();
  return Array.from(line).slice(0, 200).join("").trimEnd();
}
