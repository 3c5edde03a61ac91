import * as fc from "fast-check";
import { expect, test } from "vitest";

import { partBytes, toMessage } from "../simulator/gmail/payload.ts";
import { simulateGoogle } from "../simulator/google.ts";
import { KINDS } from "../simulator/mail/bodies.ts";
import { bare, embed, file, multipart, text } from "../simulator/mail/compose.ts";
import { ENVELOPES, envelope } from "../simulator/mail/envelopes.ts";
import type { Mail } from "../simulator/mail/generate.ts";
import { toRfc5322, type Eol, type Node } from "../simulator/mail/mime.ts";
import { random } from "../simulator/mail/random.ts";
import type { Content, Message, Part } from "../src/core/mail/mail.ts";
import { textBodiesToFetch, withContents } from "../src/core/mail/parts.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import { readParts } from "../src/formats/rfc5322/read-parts.ts";
import { toRecord } from "../src/formats/to-record.ts";
import { contentHere, parseAttachment, parseMessage } from "../src/sources/gmail-api/calls/wire.ts";
import { gmailReader } from "./gmail-reader.ts";

/** The law: a message becomes the same record whether Gmail shows its parts (`full`) or gives its bytes (`raw`). */

const NAMES = new Map<string, string>();
const HOLDING = { reserve: async () => {} };

/** The bytes in pieces of this size, as a network brings them. */
function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function fromRaw(json: unknown, bytes: Buffer, pieceBytes = 65_536): Promise<ExportRecord> {
  const root = await readParts(pieces(bytes, pieceBytes), HOLDING);
  return toRecord({ ...parseMessage(json), root }, NAMES);
}

/** Google's ids of attachments are new at every read, and bytes have none. */
function withoutIds(record: ExportRecord): ExportRecord {
  return { ...record, Attachments: record.Attachments.map((attachment) => ({ ...attachment, id: "" })) };
}

async function withText(message: Message, get: (handle: string) => Promise<Content>): Promise<Message> {
  const contents = new Map<Part, Content>();
  for (const part of textBodiesToFetch(message)) contents.set(part, await get(part.content.handle));
  return withContents(message, contents);
}

test("every kind of mail that the simulator composes becomes the same record both ways", async () => {
  await using google = await simulateGoogle({ messages: 0 });
  const mailbox = google.mailbox();
  for (let round = 0; round < Math.max(KINDS.length, ENVELOPES.length); round += 1)
    mailbox.add({ kind: KINDS[round % KINDS.length]! });
  const get = await gmailReader(google);
  let compared = 0;
  for (const id of mailbox.ids()) {
    if (!mailbox.truth(id).hasRaw) continue;
    const full = parseMessage(await get(`messages/${id}?format=full`));
    const complete = await withText(full, async (handle) =>
      parseAttachment(await get(`messages/${id}/attachments/${handle}`)),
    );
    const json = await get(`messages/${id}?format=raw`);
    const { raw } = Object(json);
    expect(await fromRaw(json, Buffer.from(String(raw), "base64url"))).toEqual(withoutIds(toRecord(complete, NAMES)));
    compared += 1;
  }
  expect(compared).toBeGreaterThan(KINDS.length - 4);
});

const WORDS = fc.stringMatching(/^[ -~\n]{0,200}$/);
const UNICODE = fc.string({ unit: "binary", maxLength: 100 }).map((value) => value.toWellFormed().replaceAll("\r", ""));
const NAME = fc.constantFrom("a.pdf", "Übersicht 1.txt", "会議の資料.xlsx", "x y;z.bin", "");
const ENCODING = fc.constantFrom("base64", "quoted-printable") satisfies fc.Arbitrary<"base64" | "quoted-printable">;

/** Any tree of parts: texts, files, containers and messages within. */
const { anyNode } = fc.letrec<{ anyNode: Node }>((tie) => ({
  anyNode: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .tuple(fc.constantFrom("plain", "html"), fc.oneof(WORDS, UNICODE), ENCODING)
      .map(([subtype, content, transferEncoding]) => text(subtype, content, { transferEncoding })),
    WORDS.map((content) => text("plain", content)),
    fc
      .tuple(NAME, fc.uint8Array({ maxLength: 300 }), fc.constantFrom("encoded-word", "rfc2231", "rfc2231-pieces"))
      .map(([name, bytes, style]) =>
        file(name, "application/octet-stream", Buffer.from(bytes), {
          style: /^[ -~]*$/.test(name) ? "quoted" : style,
        }),
      ),
    fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => bare("image/gif", Buffer.from(bytes), "", "base64")),
    fc
      .tuple(
        fc.integer(),
        fc.constantFrom("mixed", "alternative", "related", "signed"),
        fc.array(tie("anyNode"), { minLength: 1, maxLength: 4 }),
        fc.constantFrom("", "This is a message in parts.\r\n"),
      )
      .map(([seed, subtype, parts, preamble]) => multipart(random("boundary", seed), subtype, parts, { preamble })),
    fc
      .tuple(fc.integer(), tie("anyNode"), fc.constantFrom("", "Fwd.eml"))
      .map(([seed, body, name]) => embed({ headers: headersFor(seed), body }, name)),
  ),
}));

function headersFor(seed: number) {
  const draw = random("envelope", seed);
  const occasion = {
    me: { name: "Ada", address: "ada@example.com" },
    direction: "received",
    subject: "Minutes",
    date: 1_700_000_000_000,
    messageId: "<1@example.com>",
    references: [],
  } as const;
  return envelope(draw.pick(ENVELOPES), occasion, draw);
}

test("so does any tree of parts, however its bytes are cut on the way", async () => {
  await fc.assert(
    fc.asyncProperty(anyNode, fc.integer(), fc.integer({ min: 1, max: 5_000 }), async (body, seed, pieceBytes) => {
      const eol: Eol = "\r\n";
      const mail: Mail = { form: "mail", entity: { headers: headersFor(seed), body }, eol, preview: "" };
      const entry = { id: "1", threadId: "1", labelIds: [], internalDate: 0, historyId: 1, origin: mail };
      const json = toMessage(entry, mail, "full", (partId) => `id of ${partId}`);
      const message = await withText(parseMessage(json), async (handle) => {
        const bytes = partBytes(body, handle.slice("id of ".length))!;
        return contentHere(bytes.toString("base64url"), bytes.length, handle);
      });
      const record = withoutIds(toRecord(message, NAMES));
      expect(await fromRaw(json, toRfc5322(mail.entity, eol), pieceBytes)).toEqual(record);
    }),
    { numRuns: 300 },
  );
});
