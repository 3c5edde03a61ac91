import { describe, expect, test } from "vitest";

import { simulateGoogle, type SimulatedGoogle, type Truth } from "../google.ts";
import { listAll, signIn, type Gmail, type GmailMessage, type GmailPart } from "../visitor.ts";

/** gmail-api.md §2.5, rules 1 to 3. */
function decode(bytes: Buffer, contentType: string): string {
  const charset = /charset="?([^";]+)/i.exec(contentType)?.[1]?.trim().toLowerCase();
  if (charset?.startsWith("iso-2022-") && bytes.includes(0x1b)) return new TextDecoder(charset).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder(charset === "cp932" ? "shift_jis" : (charset ?? "windows-1252")).decode(bytes);
  }
}

const repaired = (value: string) => value.split(", ").map(repairedName).join(", ");

const repairedName = (value: string) => {
  if (/[^\p{ASCII}\u0080-\u00ff]/u.test(value)) return value;
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.includes("\ufffd") ? value : text;
};

const header = (part: GmailPart | undefined, name: string) =>
  (part?.headers ?? [])
    .filter((candidate) => candidate.name.toLowerCase() === name)
    .map(({ value }) => repaired(value))
    .join(", ");

/** Reads a message in `full` as a careful client would. */
async function read(gmail: Gmail, { id, payload }: GmailMessage) {
  const texts: { plain: string[]; html: string[] } = { plain: [], html: [] };
  const attachments: Partial<Truth["attachments"][number]>[] = [];
  const bytesOf = async ({ data, attachmentId }: GmailPart["body"]) => {
    const text =
      data ?? (attachmentId === undefined ? "" : (await gmail(`messages/${id}/attachments/${attachmentId}`)).body.data);
    return Buffer.from(text, "base64url");
  };
  const held = ({ body, parts }: GmailPart): number =>
    parts === undefined ? body.size : parts.reduce((sum, part) => sum + held(part), 0);
  const visit = async (part: GmailPart, within = ""): Promise<void> => {
    const mimeType = part.mimeType.split(";")[0]!;
    if (mimeType.startsWith("multipart/") && part.parts !== undefined) {
      for (const child of part.parts) await visit(child, mimeType);
      return;
    }
    const { partId, filename } = part;
    if (mimeType.startsWith("message/")) {
      attachments.push({ partId, filename, mimeType, size: held(part) });
      return;
    }
    const bytes = await bytesOf(part.body);
    const disposition = header(part, "content-disposition");
    const named = filename !== "" && within !== "multipart/alternative" && disposition !== "inline";
    const attached = part === payload ? named : named || /^attachment/i.test(disposition);
    if (!attached && /^(text\/(plain|html|enriched)|multipart\/mixed)$/.test(mimeType))
      texts[mimeType === "text/html" ? "html" : "plain"].push(decode(bytes, header(part, "content-type")));
    else attachments.push({ partId, filename, mimeType, size: part.body.size, bytes });
  };
  if (payload !== undefined) await visit(payload);
  return {
    subject: header(payload, "subject"),
    from: header(payload, "from"),
    to: header(payload, "to"),
    cc: header(payload, "cc"),
    date: header(payload, "date"),
    messageId: header(payload, "message-id"),
    references: header(payload, "references"),
    plain: texts.plain.join("\n"),
    html: texts.html.join("\n"),
    attachments,
  };
}

async function open(
  options: Parameters<typeof simulateGoogle>[0] = {},
): Promise<{ google: SimulatedGoogle; gmail: Gmail } & AsyncDisposable> {
  const google = await simulateGoogle({ messages: 20, ...options });
  return { google, gmail: await signIn(google), [Symbol.asyncDispose]: () => google[Symbol.asyncDispose]() };
}

describe("a message", () => {
  test("says in full what it truly is, in every kind", async () => {
    await using world = await open({ messages: 200 });
    const { google, gmail } = world;
    for (const id of google.mailbox().ids()) {
      const truth = google.mailbox().truth(id);
      const { body } = await gmail(`messages/${id}`);
      const seen = await read(gmail, body);
      expect(pick(truth, seen)).toEqual(seen);
      const decoded = body.snippet
        .replaceAll("&quot;", '"')
        .replaceAll("&#39;", "'")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&");
      expect(decoded).toBe(truth.snippet);
      expect([body.threadId, body.labelIds ?? [], Number(body.internalDate)]).toEqual([
        truth.threadId,
        truth.labelIds,
        truth.internalDate,
      ]);
    }
  });

  test("has the same identity in every format, and only the content of its own", async () => {
    await using world = await open();
    const { google, gmail } = world;
    const id = google.mailbox().add({ kind: "attachment", labelIds: [] });
    const [full, metadata, minimal, raw] = await Promise.all(
      ["full", "metadata", "minimal", "raw"].map(
        async (format) => (await gmail(`messages/${id}?format=${format}`)).body,
      ),
    );
    const { payload, ...identity } = full!;
    expect(identity).not.toHaveProperty("labelIds");
    expect(minimal).toEqual(identity);
    expect(Object.keys(metadata!.payload!)).toEqual(["mimeType", "headers"]);
    expect(metadata!.payload!.headers).toEqual(payload!.headers);
    expect(raw!.payload).toBeUndefined();
    expect(raw!.raw!.length % 4).toBe(0);
    const parts = payload!.parts!.map(({ partId, mimeType }) => [partId, mimeType]);
    expect([payload!.partId, parts]).toEqual([
      "",
      [
        ["0", "multipart/alternative"],
        ["1", "application/pdf"],
      ],
    ]);
    expect(payload!.parts![0]!.parts!.map(({ partId }) => partId)).toEqual(["0.0", "0.1"]);
    const some = await gmail(`messages/${id}?format=metadata&metadataHeaders=subject&metadataHeaders=From`);
    expect(some.body.payload!.headers!.map(({ name }) => name.toLowerCase()).toSorted()).toEqual(["from", "subject"]);
  });

  test("shows a forwarded message as one attachment and as a branch", async () => {
    await using world = await open();
    const id = world.google.mailbox().add({ kind: "forward" });
    const part = (await world.gmail(`messages/${id}`)).body.payload!.parts![1]!;
    expect(part).toMatchObject({
      partId: "1",
      mimeType: "message/rfc822",
      filename: "",
      parts: [{ partId: "1.0", mimeType: "multipart/mixed" }],
    });
    expect(part.parts![0]!.headers!.map(({ name }) => name)).toContain("Subject");
    expect(world.google.mailbox().truth(id)).toMatchObject({ attachments: [{ partId: "1", filename: "" }] });
    expect(world.google.mailbox().truth(id).plain).not.toContain("SECRET");
  });

  test("serves large text by attachmentId, and has no payload when there is nothing", async () => {
    await using world = await open();
    const { google, gmail } = world;
    const large = (await gmail(`messages/${google.mailbox().add({ kind: "largePlain" })}`)).body.payload!;
    expect(large.body).toEqual({ attachmentId: expect.any(String), size: expect.any(Number) });
    expect((await gmail(`messages/${google.mailbox().add({ kind: "blank" })}`)).body).not.toHaveProperty("payload");
    const chats = Array.from({ length: 12 }, () => google.mailbox().add({ kind: "chat" }));
    const raws = await Promise.all(chats.map(async (id) => (await gmail(`messages/${id}?format=raw`)).body.raw));
    expect(raws).toContain(undefined);
  });

  test("gets new attachment ids at every read; the old ones work on, invented ones do not", async () => {
    await using world = await open();
    const { google, gmail } = world;
    const id = google.mailbox().add({ kind: "attachment" });
    const attachmentId = async () => (await gmail(`messages/${id}`)).body.payload!.parts![1]!.body.attachmentId!;
    const [first, second] = [await attachmentId(), await attachmentId()];
    expect(first).not.toBe(second);
    const [truth] = google.mailbox().truth(id).attachments;
    for (const fresh of [first, second]) {
      const { body } = await gmail(`messages/${id}/attachments/${fresh}`);
      expect(body.size).toBe(truth!.size);
      expect(Buffer.from(body.data, "base64url").equals(truth!.bytes)).toBe(true);
    }
    const { status, body } = await gmail(`messages/${id}/attachments/${first.slice(0, -4)}AAAA`);
    expect([status, body.error.message]).toEqual([400, "Invalid attachment token"]);
  });

  test("that is gone is 404, and an id that cannot be is 400", async () => {
    await using world = await open();
    const { google, gmail } = world;
    const [id] = google.mailbox().ids();
    google.mailbox().remove(id!);
    expect(await gmail(`messages/${id}`)).toMatchObject({
      status: 404,
      body: { error: { message: "Requested entity was not found.", errors: [{ reason: "notFound" }] } },
    });
    expect(await gmail("messages/no-such-id")).toMatchObject({
      status: 400,
      body: { error: { message: "Invalid id value" } },
    });
    expect(google.mailbox().truth(id!).id).toBe(id);
  });
});

test("a conversation holds its messages oldest first, and never raw", async () => {
  await using world = await open({ messages: 60, messagesPerThread: 5 });
  const { google, gmail } = world;
  const truths = google
    .mailbox()
    .ids()
    .map((id) => google.mailbox().truth(id));
  const threadId = truths
    .map((truth) => truth.threadId)
    .find((id) => truths.filter((truth) => truth.threadId === id).length > 3)!;
  const { body } = await gmail(`threads/${threadId}`);
  expect(body.messages.map(({ id }) => id)).toEqual(
    truths
      .filter((truth) => truth.threadId === threadId)
      .map(({ id }) => id)
      .toReversed(),
  );
  expect(body.messages.every(({ id }) => google.meter.gets(id) === 1)).toBe(true);
  expect((await gmail(`threads/${threadId}?format=raw`)).status).toBe(400);
  expect((await gmail("threads/ffffffffffffffff")).status).toBe(404);
});

test("labels are listed without counts and colours, and one of the mailbox's is missing", async () => {
  await using world = await open({ messages: 100 });
  const { google, gmail } = world;
  const { labels } = (await gmail("labels")).body;
  expect(labels.map(({ name }) => name)).toContain("Travel/Lisbon");
  expect(labels.some((label) => "color" in label || "messagesTotal" in label)).toBe(false);
  const carried = new Set(
    google
      .mailbox()
      .ids()
      .flatMap((id) => google.mailbox().truth(id).labelIds),
  );
  expect([...carried].filter((id) => !labels.some((label) => label.id === id))).toEqual(["Label_404"]);
  const starred = google
    .mailbox()
    .ids()
    .filter((id) => google.mailbox().truth(id).labelIds.includes("STARRED"));
  expect((await gmail("labels/STARRED")).body).toMatchObject({ messagesTotal: starred.length, name: "STARRED" });
  expect((await gmail("labels/Label_404")).status).toBe(404);
});

test("a message put in by hand is what was said", async () => {
  await using world = await open();
  const bytes = Buffer.from([0, 255, 1]);
  const id = world.google.mailbox().add({
    subject: "Olá",
    from: "João <j@example.com>",
    plain: "oi\n",
    html: "<p>oi</p>",
    attachments: [{ filename: "á.bin", mimeType: "application/x-test", bytes }],
  });
  const truth = world.google.mailbox().truth(id);
  expect(truth).toMatchObject({
    subject: "Olá",
    from: "João <j@example.com>",
    plain: "oi\r\n",
    html: "<p>oi</p>",
    attachments: [{ filename: "á.bin", size: 3 }],
  });
  const seen = await read(world.gmail, (await world.gmail(`messages/${id}`)).body);
  expect(pick(truth, seen)).toEqual(seen);
  expect((await listAll(world.gmail, "messages"))[0]!.id).toBe(id);
});

/** Gmail shows a message within a message, but not its bytes. */
function pick(truth: Truth, seen: object): Partial<Truth> {
  const attachments = truth.attachments.map(({ bytes, ...attachment }) =>
    attachment.mimeType.startsWith("message/") ? attachment : { ...attachment, bytes },
  );
  return Object.fromEntries(Object.entries({ ...truth, attachments }).filter(([name]) => name in seen));
}
