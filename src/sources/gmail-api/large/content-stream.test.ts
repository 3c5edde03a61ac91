import { buffer } from "node:stream/consumers";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { failureOf } from "../../../core/errors.ts";
import { readContentAnswer } from "./content-stream.ts";

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (text: string, key: "data" | "raw", size = text.length || 1) =>
  readContentAnswer(pieces(text, size), key, (content) => buffer(content));

const failureIn = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

describe("an answer with one large string of base64", () => {
  test("gives its bytes and all the rest, wherever it is cut, escaped as JSON may be", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom<BufferEncoding>("base64", "base64url"),
        fc.record({ id: fc.string(), labelIds: fc.array(fc.string()), snippet: fc.string(), data: fc.constant(0) }),
        async (bytes, size, encoding, rest) => {
          const content = Buffer.from(bytes).toString(encoding);
          const json = JSON.stringify(
            { ...rest, raw: content, after: { raw: "not this", deep: ['"raw":"x"'] } },
            null,
            1,
          );
          const escaped = json.replace(
            content,
            content.replaceAll("=", String.raw`\u003d`).replaceAll("/", String.raw`\/`),
          );
          const { json: found, made } = await read(escaped, "raw", size);
          expect(found).toEqual({ ...rest, raw: "", after: { raw: "not this", deep: ['"raw":"x"'] } });
          expect(made ?? Buffer.alloc(0)).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  test.each([
    ["no content", '{"size":0}', { size: 0 }],
    ["an empty one", '{"data":"","size":0}', { data: "", size: 0 }],
    ["another value in its place", '{"data":null,"size":"x"}', { data: null, size: "x" }],
    ["a string of that name that is a value", '{"a":"data","b":"eA"}', { a: "data", b: "eA" }],
    [
      "one that stands deeper",
      '{"body":{"data":"eA"},"list":["data","eA"]}',
      { body: { data: "eA" }, list: ["data", "eA"] },
    ],
  ])("has none where there is %s", async (_name, text, expected) => {
    for (let size = 1; size <= text.length; size += 1)
      expect(await read(text, "data", size)).toEqual({ json: expected, made: undefined });
  });

  test.each([
    ["what is cut within the content", '{"data":"aGVsbG8'],
    ["what is cut behind it", '{"data":"aGVsbG8","size":5'],
    ["a page", "<html>busy</html>"],
    ["what is no base64", '{"data":"aGV%bG8"}'],
    ["a letter too many", '{"data":"aGVsbG8hx"}'],
    ["letters behind the padding", '{"data":"aGVsbG8=QQ=="}'],
    ["an escape of something else", String.raw`{"data":"aGVs\u2028"}`],
  ])("is refused, to be asked for again, where it is %s", async (_name, text) => {
    for (const size of [1, 3, 100])
      expect(await failureIn(read(text, "data", size))).toMatchObject({ code: "malformed_response", retry: "backoff" });
  });

  test("is refused where the rest has no end, and throws what its reader throws", async () => {
    const endless = `{"snippet":"${"x".repeat(3 << 20)}","data":"eA"}`;
    expect(await failureIn(read(endless, "data", 1 << 16))).toMatchObject({ code: "malformed_response" });
    const full = readContentAnswer(pieces('{"data":"aGVsbG8"}', 4), "data", () =>
      Promise.reject(new Error("disk full")),
    );
    await expect(full).rejects.toThrow("disk full");
  });

  test("is read to its end also where its reader had enough", async () => {
    const first = async (content: AsyncIterable<Buffer>) => {
      for await (const bytes of content) return bytes.toString();
      return "";
    };
    const { json, made } = await readContentAnswer(pieces('{"data":"aGVsbG8hISEhISEh","size":12}', 9), "data", first);
    expect([json, made?.startsWith("h")]).toEqual([{ data: "", size: 12 }, true]);
  });
});
