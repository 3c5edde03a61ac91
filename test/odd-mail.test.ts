import { describe, expect, test } from "vitest";

import { mapMessage } from "../src/formats/to-record.ts";
import { parseMessage } from "../src/sources/gmail-api/calls/wire.ts";

/** Mail as people get it and Gmail shows it: what other programs lost of it, or made of it, by public reports. */

type Sketch = Readonly<{
  type: string;
  /** What Gmail makes of the type; `type` without its parameters when not said. */
  mimeType?: string;
  name?: string;
  headers?: Readonly<Record<string, string>>;
  content?: string | Uint8Array;
  parts?: readonly Sketch[];
}>;

function partOf({ type, mimeType, name = "", headers = {}, content, parts }: Sketch, partId = ""): object {
  const all = { ...(type === "" ? {} : { "Content-Type": type }), ...headers };
  const bytes = Buffer.from(content ?? "");
  return {
    partId,
    mimeType: mimeType ?? type.split(";", 1)[0],
    filename: name,
    headers: Object.entries(all).map(([header, value]) => ({ name: header, value })),
    body: content === undefined ? { size: 0 } : { size: bytes.length, data: bytes.toString("base64url") },
    ...(parts && {
      parts: parts.map((part, index) => partOf(part, partId === "" ? `${index}` : `${partId}.${index}`)),
    }),
  };
}

const mapped = (sketch: Sketch) => {
  const steps = mapMessage(parseMessage({ id: "18c0", payload: partOf(sketch) }), new Map());
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};
const recordOf = (sketch: Sketch) => mapped(sketch).record;

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

describe("the text of a message", () => {
  test.each([
    ["cp932", "93fa967b", "日本"],
    ["cp936", "c4e3bac3", "你好"],
    ["cp949", "c7d1b1b9", "한국"],
    ["cp850", "82", "é"],
    ["eucjp", "c6fccbdc", "日本"],
    ["iso-2022-kr", "1b2429430e4751310f", null],
  ])("in %s is what its sender wrote", (charset, hex, text) => {
    const { record, guessedCharsets } = mapped({ type: `text/plain; charset=${charset}`, content: bytes(hex) });
    if (text !== null) expect(record.Body.plain).toBe(text);
    expect(guessedCharsets).toBe(0);
  });

  test.each([
    "text/plain; charset*=us-ascii'en'cp932",
    'text/plain; name="x; charset=utf-8"; charset="cp932" (Japanese)',
    "text/plain charset=cp932",
  ])("has its charset found in %j", (type) => {
    const mimeType = "text/plain";
    expect(recordOf({ type, mimeType, content: bytes("93fa967b") }).Body.plain).toBe("日本");
  });

  test("has its charset found where Gmail leaves it: in the type itself", () => {
    const sketch = { type: "", mimeType: "text/html charset=cp932", content: bytes("93fa967b") };
    expect(recordOf(sketch).Body).toEqual({ plain: "", html: "日本" });
    const declared = { type: "text/html", mimeType: "Text/HTML; charset=cp932; ;", content: bytes("93fa967b") };
    expect(recordOf(declared).Body.html).toBe("日本");
  });

  test("whose charset nobody knows is told to be a guess, once for each part and header", () => {
    const odd = { type: "text/plain; charset=x-none", content: bytes("e9") };
    const { record, guessedCharsets } = mapped({
      type: "multipart/mixed",
      headers: { Subject: "=?x-none?Q?=E9?= =?utf-8?Q?=C3=A9?=" },
      parts: [odd, odd, { type: "text/plain; charset=x-none", content: "é" }],
    });
    expect(record).toMatchObject({ Subject: "éé", Body: { plain: "é\né\né" } });
    expect(guessedCharsets).toBe(3);
  });

  test("is there though its type is unknown, malformed or missing", () => {
    for (const type of ["text/enriched; charset=us-ascii", "text", "", "text/x-web-markdown"])
      expect(recordOf({ type, content: "<bold>Hi</bold> there\r\n" }).Body.plain).toBe("<bold>Hi</bold> there\r\n");
  });

  test("is there though it is named, or called an attachment, where it is what was written", () => {
    const plain = { type: "text/plain", content: "plain" };
    const named = { type: "text/html; name=body.html; charset=utf-8", name: "body.html", content: "<b>html</b>" };
    const alternative = recordOf({ type: "multipart/alternative; boundary=x", parts: [plain, named] });
    expect(alternative).toMatchObject({ Body: { plain: "plain", html: "<b>html</b>" }, Attachments: [] });
    const root = { type: "text/plain", headers: { "Content-Disposition": "attachment" }, content: "all I have to say" };
    expect(recordOf(root)).toMatchObject({ Body: { plain: "all I have to say" }, Attachments: [] });
  });

  test("is there though its container has no boundary, and so no parts", () => {
    expect(recordOf({ type: "multipart/mixed", content: "hello" })).toMatchObject({
      Body: { plain: "hello" },
      Attachments: [],
    });
  });
});

describe("the people of a message", () => {
  test("keep their names, with the commas in them", () => {
    const From = "=?ISO-8859-1?Q?Moore=2C_Keith?= <moore@example.com>";
    const To = "=?utf-8?Q?Lovelace=2C_Ada?= <ada@example.com>, =?utf-8?B?SG9wcGVyOyBHcmFjZQ==?= <grace@example.com>";
    expect(recordOf({ type: "text/plain", headers: { From, To }, content: "x" })).toMatchObject({
      From: '"Moore, Keith" <moore@example.com>',
      To: '"Lovelace, Ada" <ada@example.com>, "Hopper; Grace" <grace@example.com>',
    });
  });

  test("are put right one by one where raw bytes and decoded names are mixed", () => {
    const To = "JosÃ© <jose@example.com>, Łukasz <lukasz@example.com>";
    expect(recordOf({ type: "text/plain", headers: { To }, content: "x" }).To).toBe(
      "José <jose@example.com>, Łukasz <lukasz@example.com>",
    );
  });
});

describe("the size of an attachment", () => {
  test("is what it holds, also where Gmail shows that as parts", () => {
    const outer = { type: "text/plain", content: "outer" };
    const inner = { type: "text/plain", content: "inner body of 20 b." };
    const forwarded = { type: "message/rfc822; name=fwd.eml", name: "fwd.eml", parts: [inner] };
    const status = { type: "message/delivery-status", parts: [{ type: "text/plain", content: "Status: 5.1.1" }] };
    const { Attachments } = recordOf({ type: "multipart/mixed", parts: [outer, forwarded, status] });
    expect(Attachments.map(({ filename, size }) => [filename, size])).toEqual([
      ["fwd.eml", 19],
      ["", 13],
    ]);
  });
});
