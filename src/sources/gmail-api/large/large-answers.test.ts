import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { manualClock } from "../../../../test/manual-clock.ts";
import { failureOf } from "../../../core/errors.ts";
import type { Content, Message, Part } from "../../../core/mail/mail.ts";
import type { Method } from "../../../core/quota.ts";
import { parseAttachment, parseMessage, parseThread } from "../calls/wire.ts";
import { NEVER } from "../testing.ts";
import { largeAnswers, type LargeAnswers } from "./large-answers.ts";
import { gatherBytes } from "./large-body.ts";

const MB = 1 << 20;

/** With its contents read: functions are never equal. */
function shown({ root, ...message }: Message): unknown {
  const parts: unknown[] = [];
  const queue: { part: Part; parent: number }[] = [{ part: root, parent: -1 }];
  for (const [number, { part, parent }] of queue.entries()) {
    const { content, parts: children, ...rest } = part;
    const bytes = bytesIn(content).toString("latin1");
    parts.push({ ...rest, parent, content: { ...content, read: bytes } });
    for (const child of children) queue.push({ part: child, parent: number });
  }
  return { ...message, parts };
}

function answerOf(reader: LargeAnswers, body: Buffer, mostBytes = 128 * MB) {
  const gathered = gatherBytes();
  for (let at = 0; at < body.length; at += 65_000) gathered.add(body.subarray(at, at + 65_000));
  const isCompressed = body[0] === 0x1f && body[1] === 0x8b;
  return reader.answer({
    blocks: gathered.blocks(),
    bytes: body.length,
    isCompressed,
    mostBytes,
    anyBytes: 128 * MB,
  });
}

async function withReader(work: (reader: LargeAnswers) => Promise<void>): Promise<void> {
  const reader = largeAnswers(manualClock());
  try {
    await work(reader);
  } finally {
    await reader.close();
  }
}

const base64 = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  fc
    .tuple(fc.uint8Array({ minLength: 3_000, maxLength: 4_000 }), fc.integer({ min: 1, max: 40 }))
    .map(([bytes, times]) => Buffer.from(bytes).toString("base64").repeat(times)),
  fc.constantFrom(
    "\0",
    "\u00000",
    "\u00001",
    "=".repeat(5_000),
    "é".repeat(5_000),
    "\n/+-_".repeat(2_000),
    "a".repeat(4_097),
  ),
  fc.nat(20).map((lines) => `${"YWJj".repeat(300_000)}\r\n${"ZGVm\r\n".repeat(lines)}==`),
);
const body = fc.oneof(
  fc.record({ data: base64, size: fc.nat(9) }),
  fc.record({ attachmentId: fc.string(), size: fc.nat(9) }),
  fc.constant({}),
);
const leaf = fc.record({
  partId: fc.string({ maxLength: 3 }),
  mimeType: fc.constantFrom("text/plain", "TEXT/html; charset=x", "image/png"),
  filename: fc.string(),
  headers: fc.array(fc.record({ name: fc.string(), value: fc.string({ unit: "binary" }) }), { maxLength: 3 }),
  body,
});
const holding = (inner: fc.Arbitrary<object>) =>
  fc.tuple(leaf, fc.array(inner, { maxLength: 3 })).map(([one, parts]) => Object.assign({}, one, { parts }));
const payload = holding(holding(leaf));
const message = fc.record({ id: fc.stringMatching(/^[a-f0-9]{1,16}$/), snippet: fc.string(), payload });

test("a large answer says what it would say if it were small, compressed or not, however its base64 is written", async () => {
  await withReader(async (reader) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
        async (messages, zipped, odd) => {
          const text = JSON.stringify({ messages });
          const json = Buffer.from(
            odd ? text.replaceAll("=", String.raw`\u003d`).replaceAll("/", String.raw`\/`) : text,
          );
          const found = await answerOf(reader, zipped ? gzipSync(json) : json).read("threads.get", () => {}, NEVER);
          expect(found!.messages.map(shown)).toEqual(parseThread(JSON.parse(text)).map(shown));
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("whatever the answer was asked for comes across", async () => {
  const data = randomBytes(3 * MB).toString("base64url");
  await withReader(async (reader) => {
    const read = async (method: Method, json: object) =>
      (await answerOf(reader, Buffer.from(JSON.stringify(json))).read(method, () => {}, NEVER))!;
    const { content } = await read("messages.attachments.get", { data, size: 1 });
    expect(bytesIn(content!).equals(bytesIn(parseAttachment({ data, size: 1 })))).toBe(true);
    for (const method of ["labels.list", "messages.list", "history.list", "getProfile"] as const)
      expect((await read(method, { labels: [{ id: "a" }] })).json).toEqual({ labels: [{ id: "a" }] });
    const deep = `{"id":"1","payload":${'{"parts":['.repeat(100_000)}{}${"]}".repeat(100_000)}}`;
    const found = await answerOf(reader, Buffer.from(deep)).read("messages.get", () => {}, NEVER);
    expect(shown(found!.messages[0]!)).toEqual(shown(parseMessage(JSON.parse(deep))));
  });
});

function bytesIn(content: Content): Buffer {
  return content.kept === "here" ? Buffer.from(content.read()) : Buffer.alloc(0);
}

test("what is wrong with one is told, and the next is read by the same thread", async () => {
  await withReader(async (reader) => {
    const fails = async (bytes: Buffer, mostBytes?: number) =>
      failureOf(
        await answerOf(reader, bytes, mostBytes)
          .read("messages.get", () => {}, NEVER)
          .catch((error: unknown) => error),
      );
    expect(await fails(Buffer.from("{}"))).toMatchObject({ code: "malformed_response", retry: "backoff" });
    expect(await fails(Buffer.from(`[${"[],".repeat(800_000)}[]]`))).toMatchObject({ code: "bad_request" });
    expect(await fails(gzipSync(Buffer.alloc(50 * MB)), 40 * MB)).toMatchObject({ code: "bad_request" });
    expect(await fails(gzipSync("x".repeat(1_000)).subarray(0, 20))).toMatchObject({ code: "malformed_response" });
    expect(await answerOf(reader, Buffer.from('{"id":')).read("messages.get", () => {}, NEVER)).toBeUndefined();
    const found = await answerOf(reader, Buffer.from('{"id":"1"}')).read("messages.get", () => {}, NEVER);
    expect(found!.messages[0]!.id).toBe("1");
  });
});

test("where the thread fails, what was asked of it is malformed, and others go on", async () => {
  await withReader(async (reader) => {
    const answer = answerOf(reader, Buffer.from('{"id":"1"}'));
    await answer.read("messages.get", () => {}, NEVER);
    const usedUp = answer.read("messages.get", () => {}, NEVER).catch((error: unknown) => error);
    expect(failureOf(await usedUp)).toMatchObject({ code: "malformed_response", retry: "backoff" });
    const found = await answerOf(reader, Buffer.from('{"id":"2"}')).read("messages.get", () => {}, NEVER);
    expect(found!.messages[0]!.id).toBe("2");
  });
});

test("contents are in one piece of memory as large as they are, which is given back in one go", async () => {
  const contents = [5, 3].map((size) => randomBytes(size * MB));
  const parts = contents.map((bytes) => ({ body: { data: bytes.toString("base64url") } }));
  await withReader(async (reader) => {
    const kept: ArrayBuffer[] = [];
    const json = Buffer.from(JSON.stringify({ id: "1", payload: { parts } }));
    const found = await answerOf(reader, json).read("messages.get", (bytes) => void kept.push(bytes), NEVER);
    const sent = found!.messages[0]!.root.parts;
    expect(sent.map(({ content }, n) => bytesIn(content).equals(contents[n]!))).toEqual([true, true]);
    expect(kept.map(({ byteLength }) => byteLength)).toEqual([8 * MB]);
    kept[0]!.transfer(0);
    expect(() => bytesIn(sent[0]!.content)).toThrow(TypeError); // never as if it were empty
  });
});
