import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { simulateGoogle, type Truth } from "../simulator/google.ts";
import type { Message } from "../src/core/mail/mail.ts";
import { textBodiesToFetch, withContents } from "../src/core/mail/parts.ts";
import type { AttachmentRecord, ExportRecord } from "../src/core/mail/record.ts";
import { countReplacementCharacters } from "../src/core/mail/replacement-characters.ts";
import type { LabelNames } from "../src/core/ports/mailbox-source.ts";
import { toRecord } from "../src/formats/to-record.ts";
import {
  parseAttachment,
  parseLabels,
  parseMessage,
  parseMessageList,
  parseThread,
} from "../src/sources/gmail-api/calls/wire.ts";
import { gmailReader } from "./gmail-reader.ts";
import { testProcessorTime } from "./processor-time.ts";

/** From Gmail's JSON to the record: the laws that hold for whatever Gmail, or something in its way, answers. */

const text = z.string().refine((value) => value.isWellFormed(), "not well-formed");
const count = z.int().nonnegative();

/** Design §3, in its order. */
const contract = z.strictObject({
  "Message-ID": text.min(1),
  "Thread-ID": text.min(1),
  Labels: z.array(text),
  Date: text,
  From: text,
  To: text,
  Subject: text,
  Body: z.strictObject({ plain: text, html: text }),
  Attachments: z.array(
    z.strictObject({
      id: text,
      filename: text,
      mimeType: text,
      size: count,
      partId: text,
      contentId: text.min(1).exactOptional(),
      inline: z.literal(true).exactOptional(),
    }),
  ),
  Snippet: text,
  Cc: text,
  Bcc: text,
  "Reply-To": text,
  "Internal-Date": z.literal("").or(z.iso.datetime()),
  "Label-Names": z.array(text),
  "RFC822-Message-ID": text,
  "In-Reply-To": text,
  References: text,
  "Size-Estimate": count,
});

function keepsTheContract(json: unknown): void {
  const record = toRecord(parseMessage(json), new Map([["L", "Label"]]));
  expect(contract.parse(record)).toEqual(record);
  expect(Object.keys(record)).toEqual(Object.keys(contract.shape));
  expect(JSON.parse(JSON.stringify(record))).toEqual(record);
}

/** UTF-16 as JSON may spell it: half pairs, newlines, encoded words and all. */
const anyText = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.constantFrom("=?utf-8?B?w6k=?=", "CafÃ©", "a\r\n b", "&amp;&#xD800;", "\uD83D", "__proto__", ""),
);

/** Mostly what belongs there, now and then anything. */
const mostly = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: fc.jsonValue() });

const anyHeader = fc.record(
  {
    name: mostly(
      fc.constantFrom("To", "TO", "Subject", "Date", "Content-Type", "content-disposition", "Content-ID", "Message-Id"),
    ),
    value: mostly(
      fc.oneof(anyText, fc.constantFrom("text/plain; charset=GBK", "text/html; charset=x", "inline", "<a>", "<>")),
    ),
  },
  { requiredKeys: [] },
);

const anyBody = fc.record(
  {
    attachmentId: mostly(anyText),
    size: mostly(fc.integer()),
    data: mostly(fc.oneof(fc.base64String(), anyText, fc.constant("PGltZyBzcmM9ImNpZDphIj4"))),
  },
  { requiredKeys: [] },
);

const { anyPart } = fc.letrec((tie) => ({
  anyPart: fc.record(
    {
      partId: mostly(anyText),
      mimeType: mostly(
        fc.constantFrom(
          "text/plain",
          "TEXT/HTML; x",
          "multipart/mixed",
          "message/rfc822",
          "text/calendar",
          "image/png",
        ),
      ),
      filename: mostly(fc.oneof(fc.constant(""), anyText)),
      headers: mostly(fc.array(mostly(anyHeader), { maxLength: 5 })),
      body: mostly(anyBody),
      parts: mostly(fc.array(mostly(tie("anyPart")), { maxLength: 3, depthIdentifier: "part" })),
    },
    { requiredKeys: [] },
  ),
}));

const anyMessage = fc.record(
  {
    id: anyText.filter((id) => id !== ""),
    threadId: mostly(anyText),
    labelIds: mostly(fc.array(mostly(fc.oneof(anyText, fc.constant("L"))))),
    snippet: mostly(anyText),
    internalDate: mostly(fc.oneof(fc.bigInt().map(String), fc.integer().map(String), anyText)),
    sizeEstimate: mostly(fc.integer()),
    payload: mostly(anyPart),
  },
  { requiredKeys: ["id"] },
);

describe("whatever Gmail answers becomes a record that keeps the contract", () => {
  test("any JSON with an id", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (fields, payload) =>
        keepsTheContract({ ...fields, id: "1", payload }),
      ),
    );
  });

  test("anything like a message, with wrong types mixed in", () => {
    fc.assert(fc.property(anyMessage, keepsTheContract), { numRuns: 1_000 });
  });

  test("a message that nests 100,000 deep", () => {
    let payload: object = { mimeType: "text/plain", body: { data: "Ym90dG9t" } };
    for (let level = 0; level < 100_000; level += 1) payload = { mimeType: "multipart/mixed", parts: [payload] };
    expect(toRecord(parseMessage({ id: "1", payload }), new Map()).Body.plain).toBe("bottom");
  });

  testProcessorTime("a message of 100,000 parts", 10_000, () => {
    const parts = Array.from({ length: 100_000 }, () => ({ mimeType: "text/plain", body: { data: "eA" } }));
    const record = toRecord(parseMessage({ id: "1", payload: { mimeType: "multipart/mixed", parts } }), new Map());
    expect(record.Body.plain).toBe(Array.from({ length: 100_000 }, () => "x").join("\n"));
  });
});

test("mapping a message twice gives the same record", () => {
  fc.assert(
    fc.property(anyMessage, (json) => {
      const parsed = parseMessage(json);
      expect(toRecord(parsed, new Map())).toEqual(toRecord(parsed, new Map()));
    }),
  );
});

/** Large text is behind an attachmentId. */
async function complete(message: Message, get: (path: string) => Promise<unknown>): Promise<Message> {
  const contents = textBodiesToFetch(message).map(async (part) => {
    const json = await get(`messages/${message.id}/attachments/${part.content.handle}`);
    return [part, parseAttachment(json)] as const;
  });
  return withContents(message, new Map(await Promise.all(contents)));
}

/** The record this message must become. What the simulator does not vouch for is left out of both. */
function expected(truth: Truth, names: LabelNames): object {
  return {
    "Message-ID": truth.id,
    "Thread-ID": truth.threadId,
    Labels: truth.labelIds,
    Date: truth.date,
    From: truth.from,
    To: truth.to,
    Subject: truth.subject,
    Body: { plain: truth.plain, html: truth.html },
    Attachments: truth.attachments.map(stable),
    Snippet: truth.snippet,
    Cc: truth.cc,
    Bcc: truth.bcc,
    "Reply-To": truth.replyTo,
    "Internal-Date": new Date(truth.internalDate).toISOString(),
    "Label-Names": truth.labelIds.map((id) => names.get(id) ?? id),
    "RFC822-Message-ID": truth.messageId,
    "In-Reply-To": truth.inReplyTo,
    References: truth.references,
    "Size-Estimate": truth.sizeEstimate,
  };
}

function vouched(record: ExportRecord): object {
  return { ...record, Attachments: record.Attachments.map(stable) };
}

/** An attachment without what is new at every read, and what only the export knows. */
function stable({
  filename,
  mimeType,
  size,
  partId,
}: Pick<AttachmentRecord, "filename" | "mimeType" | "size" | "partId">) {
  return { filename, mimeType, size, partId };
}

describe("a simulated mailbox", () => {
  test("becomes what its messages are, read one by one or by conversation", async () => {
    await using google = await simulateGoogle({ messages: 300 });
    const get = await gmailReader(google);
    const names = parseLabels(await get("labels"));
    const { refs } = parseMessageList(await get("messages?maxResults=500&includeSpamTrash=true"));
    const mailbox = google.mailbox();
    expect(new Set(refs.map(({ id }) => id))).toEqual(new Set(mailbox.ids()));

    const conversations = new Map<string, Message[]>();
    for (const { id, threadId } of refs) {
      const message = await complete(parseMessage(await get(`messages/${id}?format=full`)), get);
      const record = toRecord(message, names);
      expect(vouched(record)).toEqual(expected(mailbox.truth(id), names));
      expect(countReplacementCharacters(JSON.stringify(record))).toBe(0);

      const conversation = conversations.get(threadId) ?? parseThread(await get(`threads/${threadId}?format=full`));
      conversations.set(threadId, conversation);
      const inThread = await complete(
        conversation.find((candidate) => candidate.id === id)!,
        get,
      );
      expect(vouched(toRecord(inThread, names))).toEqual(vouched(record));
    }
  });
});
