import { CHAT, DRAFT, PLACEMENTS, PLAIN_PLACEMENTS } from "../gmail/labels.ts";
import { KINDS, makeBody, type Kind } from "./bodies.ts";
import type { Body } from "./body.ts";
import { file, multipart, text } from "./compose.ts";
import { envelope, ENVELOPES, type EnvelopeKind, type Occasion } from "./envelopes.ts";
import { mailboxes, type Header } from "./header.ts";
import type { Entity, Eol } from "./mime.ts";
import { random } from "./random.ts";
import type { Seeded } from "./skeleton.ts";
import { longText, PEOPLE, SUBJECTS } from "./words.ts";

/** A message's content. `chat` has few headers and no usable raw form; `blank` has no headers and no payload at all. */
export type Mail = Readonly<{ form: "mail" | "chat" | "blank"; entity: Entity; eol: Eol; preview: string }>;

export type Writer = Readonly<{
  labelIds(index: number, kind?: Kind): readonly string[];
  /** Always the same for the same message. */
  write(at: Seeded, labelIds: readonly string[], kind?: Kind): Mail;
}>;

/** Mail of the variety that was written lately, by all that it depends on: tests ask for the same again and again. */
const written = new Map<string, Mail>();

/** About 20 MB of them. */
const MOST_WRITTEN = 1_000;

function writtenOnce(key: string, write: () => Mail): Mail {
  const mail = written.get(key) ?? write();
  written.delete(key); // the one that was asked for last is the last to go
  written.set(key, mail);
  if (written.size > MOST_WRITTEN) written.delete(written.keys().next().value!);
  return mail;
}

/** Writes one account's mail from the seed. Kinds, envelopes and places turn in cycles of coprime length, so every mixture comes up. */
export function writer(seed: number, email: string, bodyBytes?: number, attachmentBytes = 0): Writer {
  const order = random(seed, email, "order");
  const kinds = order.shuffle(KINDS);
  const envelopes = order.shuffle(ENVELOPES);
  const placements = order.shuffle(bodyBytes === undefined ? PLACEMENTS : PLAIN_PLACEMENTS);
  const prose = bodyBytes === undefined ? "" : longText(order, bodyBytes * 2 + 200_000);
  const noise = attachmentBytes === 0 ? Buffer.alloc(0) : order.bytes(attachmentBytes + (1 << 20));
  const me = { name: email === "ada@example.com" ? "Ada Lovelace" : "", address: email };

  const kindAt = (index: number): Kind => kinds[index % kinds.length]!;
  const isMail = (index: number) => bodyBytes !== undefined || (kindAt(index) !== "chat" && kindAt(index) !== "blank");
  const messageId = (index: number) =>
    `<${random(seed, email, index, "Message-ID").hex(24)}.${index}@mail.example.com>`;

  const benchmarkBody = (index: number, size: number): Body => {
    const start = prose.indexOf("\n", random(seed, email, index, "prose").int(prose.length - size - 500)) + 1;
    const content = prose.slice(start, start + size);
    const plain = text("plain", content, { transferEncoding: "8bit" });
    const preview = content.slice(0, 400);
    if (attachmentBytes === 0) return { node: plain, preview };
    // Eight sizes up to the largest, each cut out of the same bytes at another place: nothing of it is kept.
    const bytes = Math.ceil((attachmentBytes * (((index * 37) % 8) + 1)) / 8);
    const from = (index * 7_919) % (noise.length - bytes);
    const attached = file(`data-${index}.bin`, "application/octet-stream", noise.subarray(from, from + bytes));
    return { node: multipart(random(seed, email, index, "boundary"), "mixed", [plain, attached]), preview };
  };

  const write: Writer["write"] = ({ index, internalDate, conversation }, labelIds, asked) => {
    const draw = random(seed, email, index, "mail");
    const kind = asked ?? kindAt(index);
    const simple = bodyBytes !== undefined && asked === undefined;
    const body = simple ? benchmarkBody(index, bodyBytes) : makeBody(kind, draw);
    const form = !simple && (kind === "chat" || kind === "blank") ? kind : "mail";
    const place = conversation.indexOf(index);
    const occasion: Occasion = {
      me,
      direction: direction(labelIds),
      subject: random(seed, email, conversation[0]!, "subject").pick(SUBJECTS),
      date: internalDate - (internalDate % 1_000) - 1_000 * draw.int(5),
      messageId: messageId(index),
      references: conversation
        .slice(Math.max(0, place - 10), place)
        .filter(isMail)
        .map(messageId),
    };
    const envelopeKind: EnvelopeKind = simple ? "ordinary" : envelopes[index % envelopes.length]!;
    const headers: Record<Mail["form"], () => Header[]> = {
      mail: () => envelope(envelopeKind, occasion, draw),
      chat: () => [mailboxes("From", [draw.pick(PEOPLE)])],
      blank: () => [],
    };
    return {
      form,
      entity: { headers: headers[form](), body: body.node },
      eol: body.eol ?? "\r\n",
      preview: body.preview,
    };
  };

  return {
    labelIds: (index, kind = kindAt(index)) => {
      if (bodyBytes === undefined && kind === "chat") return CHAT;
      if (bodyBytes === undefined && kind === "blank") return DRAFT;
      return placements[index % placements.length]!;
    },
    write(at, labelIds, asked) {
      if (bodyBytes !== undefined) return write(at, labelIds, asked); // mail for benchmarks is much, and each is read once
      const { index, internalDate, conversation } = at;
      const key = JSON.stringify([seed, email, index, internalDate, conversation, labelIds, asked]);
      return writtenOnce(key, () => write(at, labelIds, asked));
    },
  };
}

function direction(labelIds: readonly string[]): Occasion["direction"] {
  if (labelIds.includes("SENT")) return labelIds.includes("INBOX") ? "to-self" : "sent";
  return labelIds.includes("DRAFT") ? "sent" : "received";
}
