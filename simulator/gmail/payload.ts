import type { Mail } from "../mail/generate.ts";
import type { Header } from "../mail/header.ts";
import type { Entry } from "../mail/mailbox.ts";
import { estimateSize, toRfc5322, type Leaf, type Node } from "../mail/mime.ts";
import { childId, snippetOf } from "../mail/truth.ts";
import { escapeHtml } from "../mail/words.ts";

export const FORMATS = ["full", "metadata", "minimal", "raw"] as const;
export type Format = (typeof FORMATS)[number];

/** Larger than this, a text part is served by attachmentId: Gmail's real limit is undocumented. */
const LARGE_TEXT_BYTES = 64 * 1024;

/** Gives a new attachmentId for a part of the message being served. */
type IssueAttachmentId = (partId: string) => string;

/** users.messages.get's answer. `metadataHeaders` narrows the headers of `metadata`. */
export function toMessage(
  { id, threadId, labelIds, historyId, internalDate }: Entry,
  mail: Mail,
  format: Format,
  issue: IssueAttachmentId,
  metadataHeaders: readonly string[] = [],
): Record<string, unknown> {
  return {
    id,
    threadId,
    ...(labelIds.length > 0 ? { labelIds } : {}),
    snippet: escapeHtml(snippetOf(mail.preview)),
    ...content(id, mail, format, issue, metadataHeaders),
    sizeEstimate: estimateSize(mail.entity),
    historyId: String(historyId),
    internalDate: String(internalDate),
  };
}

function content(id: string, mail: Mail, format: Format, issue: IssueAttachmentId, metadataHeaders: readonly string[]) {
  const { headers, body } = mail.entity;
  switch (format) {
    case "minimal":
      return {};
    case "metadata": {
      if (mail.form === "blank") return {};
      const wanted = new Set(metadataHeaders.map((name) => name.toLowerCase()));
      const all = [...headers, ...body.headers];
      const kept = wanted.size === 0 ? all : all.filter(({ name }) => wanted.has(name.toLowerCase()));
      return { payload: { mimeType: body.mimeType, ...(kept.length > 0 ? { headers: shown(kept) } : {}) } };
    }
    case "full":
      return mail.form === "blank" ? {} : { payload: toPart(body, "", headers, issue) };
    case "raw": {
      const raw = rawOf(id, mail);
      return raw.length === 0 ? {} : { raw: base64url(raw, true) };
    }
    default:
      return format satisfies never;
  }
}

/** Chats were never mail: Gmail gives their raw form empty or cut off in the middle. */
function rawOf(id: string, { form, entity, eol }: Mail): Buffer {
  if (form === "blank") return Buffer.alloc(0);
  const raw = toRfc5322(entity, eol);
  if (form === "mail") return raw;
  return raw.subarray(0, Number.parseInt(id.slice(-1), 16) % 2 === 0 ? 0 : Math.floor(raw.length / 2));
}

function toPart(
  node: Node,
  partId: string,
  headers: readonly Header[],
  issue: IssueAttachmentId,
): Record<string, unknown> {
  const part = {
    partId,
    mimeType: node.mimeType,
    filename: node.kind === "multipart" ? "" : node.filename,
    headers: shown([...headers, ...node.headers]),
  };
  switch (node.kind) {
    case "multipart":
      return {
        ...part,
        body: { size: 0 },
        parts: node.parts.map((child, i) => toPart(child, childId(partId, i), [], issue)),
      };
    case "embedded": {
      const { message, bytes } = node;
      return {
        ...part,
        // One that nobody named has nothing of its own in Gmail's eyes.
        body: node.filename === "" ? { size: 0 } : { attachmentId: issue(partId), size: bytes.length },
        parts: [toPart(message.body, childId(partId, 0), message.headers, issue)],
      };
    }
    case "leaf": {
      const body = toBody(node, partId, issue);
      if (!node.expanded) return { ...part, body };
      const inner = { partId: childId(partId, 0), mimeType: "text/plain", filename: "", headers: [], body };
      return { ...part, body: { size: 0 }, parts: [inner] };
    }
    default:
      return node satisfies never;
  }
}

/** Transfer encoding is gone, and text is UTF-8 whatever its Content-Type still says. */
function toBody(leaf: Leaf, partId: string, issue: IssueAttachmentId): Record<string, unknown> {
  const isText = leaf.text !== undefined;
  const bytes = isText && !leaf.servesOriginalBytes ? Buffer.from(leaf.text, "utf8") : leaf.bytes;
  if (bytes.length === 0) return { size: 0 };
  if (isText ? bytes.length > LARGE_TEXT_BYTES : !leaf.inline)
    return { attachmentId: issue(partId), size: leaf.bytes.length };
  return { size: bytes.length, data: base64url(bytes, bytes.length % 2 === 0) };
}

/** The original bytes of a part, as messages.attachments.get serves them. */
export function partBytes(node: Node, partId: string, at = ""): Buffer | undefined {
  if (node.kind === "leaf") return at === partId ? node.bytes : undefined;
  if (node.kind === "embedded")
    return at === partId ? node.bytes : partBytes(node.message.body, partId, childId(at, 0));
  for (const [i, part] of node.parts.entries()) {
    const bytes = partBytes(part, partId, childId(at, i));
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

/** Google pads some and not others. */
export function base64url(bytes: Buffer, padded: boolean): string {
  const text = bytes.toString("base64url");
  return padded ? text.padEnd(Math.ceil(text.length / 4) * 4, "=") : text;
}

const shown = (headers: readonly Header[]) => headers.map((header) => ({ name: header.name, value: header.shown }));
