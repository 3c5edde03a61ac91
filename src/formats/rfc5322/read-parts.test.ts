import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { failureOf } from "../../core/errors.ts";
import type { Content, Part } from "../../core/mail/mail.ts";
import { readParts } from "./read-parts.ts";
import { transferDecoder } from "./transfer-encoding.ts";

const lines = (...all: readonly string[]): Buffer => Buffer.from(all.join("\r\n"), "latin1");

/** Reads with everything kept, and tells what was. */
async function read(bytes: Buffer, pieceBytes = bytes.length || 1) {
  const kept: string[] = [];
  const keep = async (chunks: AsyncIterable<Buffer>): Promise<Content> => {
    const content = await buffer(chunks);
    kept.push(content.toString("latin1"));
    return { kept: "nowhere", size: content.length };
  };
  const pieces = function* (): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
  return { root: await readParts(pieces(), { reserve: async () => {}, keep }), kept };
}

function textOf({ content }: Part): string {
  return content.kept === "here" ? Buffer.from(content.read()).toString("latin1") : "";
}

/** `partId type size` of each part, depth first. */
function outline(part: Part): string[] {
  return [`${part.partId}|${part.mimeType}|${part.filename}|${part.content.size}`, ...part.parts.flatMap(outline)];
}

const FORWARD = lines(
  "Subject: Outer",
  "Content-Type: multipart/mixed; boundary=out",
  "",
  "preamble",
  "--out",
  "",
  "hello",
  "--out",
  "Content-Type: message/rfc822",
  "",
  "Subject: Inner",
  'Content-Type: multipart/mixed; boundary="out in"',
  "",
  "--out in",
  "Content-Type: text/plain",
  "",
  "inner text",
  "--out in",
  "Content-Disposition: attachment; filename=x.bin",
  "Content-Transfer-Encoding: base64",
  "",
  "AAECAw==",
  "--out in--",
  "--out--",
  "epilogue",
  "--out",
  "not a part",
);

describe("a message's parts", () => {
  test("are numbered as Gmail numbers them, messages within it too, and an epilogue is none", async () => {
    const { root, kept } = await read(FORWARD);
    expect(outline(root)).toEqual([
      "|multipart/mixed||0",
      "0|text/plain||5",
      `1|message/rfc822||${kept[0]!.length}`,
      "1.0|multipart/mixed||0",
      "1.0.0|text/plain||10",
      "1.0.1|text/plain|x.bin|4",
    ]);
    expect(textOf(root.parts[0]!)).toBe("hello");
    const [before = ""] = FORWARD.toString("latin1").split("\r\n--out--");
    expect(kept).toEqual([before.slice(before.indexOf("Subject: Inner"))]);
  });

  test("are the same wherever the bytes are cut", async () => {
    const whole = await read(FORWARD);
    for (let pieceBytes = 1; pieceBytes < FORWARD.length; pieceBytes += 1) {
      const cut = await read(FORWARD, pieceBytes);
      expect(outline(cut.root)).toEqual(outline(whole.root));
      expect(cut.kept).toEqual(whole.kept);
    }
  });

  test("end where an outer container goes on, also when nothing closed the inner one", async () => {
    const { root } = await read(
      lines(
        "Content-Type: multipart/mixed; boundary=a",
        "",
        "--a",
        "Content-Type: multipart/alternative; boundary=b",
        "",
        "--b",
        "",
        "one",
        "--a  ",
        "Content-Type: text/html",
        "",
        "two",
        "",
      ),
    );
    expect(outline(root)).toEqual([
      "|multipart/mixed||0",
      "0|multipart/alternative||0",
      "0.0|text/plain||3",
      "1|text/html||5",
    ]);
  });

  test("a container without its delimiters is one piece, and an empty message one empty part", async () => {
    const { root } = await read(lines("Content-Type: multipart/mixed; boundary=a", "", "only text", "--ab", ""));
    expect([outline(root), textOf(root)]).toEqual([["|multipart/mixed||17"], "only text\r\n--ab\r\n"]);
    expect(outline((await read(Buffer.alloc(0))).root)).toEqual(["|text/plain||0"]);
    expect(outline((await read(lines("Subject: no end"))).root)).toEqual(["|text/plain||0"]);
  });

  test("a name in the charset of its own declaration, in pieces, beside the type alone", async () => {
    const nameOf = async (...header: readonly string[]) => (await read(lines(...header, "", "x"))).root.filename;
    expect(await nameOf("Content-Disposition: attachment; filename*=iso-8859-1''caf%E9%20%80.txt")).toBe("café €.txt");
    expect(await nameOf("Content-Disposition: attachment; filename*0*=utf-8''%E2%82;", " filename*1*=%AC")).toBe("€");
    expect(await nameOf("Content-Type: image/png; name=a.png", "Content-Disposition: inline")).toBe("a.png");
  });

  test("any bytes have some, and those of a wild number are refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom(
            "--a",
            "--a--",
            "--b",
            "Content-Type: multipart/mixed; boundary=a",
            "Content-Type: multipart/x; boundary=b",
            "Content-Type: message/rfc822",
            "",
            "text",
          ),
        ),
        fc.constantFrom("\r\n", "\n", "\r"),
        fc.integer({ min: 1, max: 40 }),
        async (all, eol, pieceBytes) => {
          const bytes = Buffer.from(all.join(eol));
          const [whole, cut] = [await read(bytes), await read(bytes, pieceBytes)];
          expect(outline(cut.root)).toEqual(outline(whole.root));
          expect(cut.kept).toEqual(whole.kept);
        },
      ),
    );
    const many = lines("Content-Type: multipart/mixed; boundary=a", "", ...Array<string>(10_001).fill("--a\r\n\r\nx"));
    expect(failureOf(await read(many).catch((error: unknown) => error))).toMatchObject({ code: "bad_request" });
    const long = Buffer.concat([lines("Subject: "), Buffer.alloc(5 << 20, "x")]);
    expect(failureOf(await read(long).catch((error: unknown) => error))).toMatchObject({ code: "bad_request" });
  });

  test("nested 5,000 deep, messages or containers, are read", async () => {
    const messages = Buffer.from("Content-Type: message/rfc822\r\n\r\n".repeat(5_000) + "\r\nend");
    expect((await read(messages)).root.partId).toBe("");
    let containers = "";
    for (let level = 0; level < 5_000; level += 1)
      containers += `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`;
    let { root } = await read(Buffer.from(`${containers}\r\nbottom`));
    while (root.parts[0]) root = root.parts[0];
    expect(textOf(root)).toBe("bottom");
  });

  test("that cannot be kept fail the message, and nothing waits for ever", async () => {
    const refusing = readParts([FORWARD], {
      reserve: async () => {},
      keep: () => Promise.reject(new Error("no room")),
    });
    await expect(refusing).rejects.toThrow("no room");
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield FORWARD.subarray(0, 200);
      throw new Error("the line broke");
    };
    const kept: unknown[] = [];
    const keep = async (chunks: AsyncIterable<Buffer>): Promise<Content> => {
      const content = await buffer(chunks).catch((error: unknown) => kept.push(error));
      return { kept: "nowhere", size: Number(content) };
    };
    await expect(readParts(broken(), { reserve: async () => {}, keep })).rejects.toThrow("the line broke");
    expect(kept).toEqual([expect.objectContaining({ message: "the message broke off" })]);
  });
});

describe("a transfer encoding is undone", () => {
  const decode = (encoding: string, text: string, pieceBytes: number): string => {
    const decoder = transferDecoder(encoding);
    const bytes = Buffer.from(text, "latin1");
    const decoded: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += pieceBytes)
      decoded.push(decoder.add(bytes.subarray(at, at + pieceBytes)));
    return Buffer.concat([...decoded, decoder.end()]).toString("latin1");
  };

  test.each([
    ["base64", "YWJj\r\nZGVm", "abcdef"],
    ["BASE64 (as it is)", "YQ==\nYg==", "ab"],
    ["base64", "YW Jj!ZA", "abcd"],
    ["quoted-printable", "a=3D=\r\nb  \r\nc=E9=\r\n=20\r\n=zz=", "a=b\r\nc\u00e9 \r\n=zz"],
    ["Quoted-Printable", "soft=  \nbreak \t", "softbreak"],
    ["8bit", "a=3D \r\n", "a=3D \r\n"],
    ["x-unknown", "as it is", "as it is"],
  ])("%s: %j", (encoding, text, expected) => {
    for (let pieceBytes = 1; pieceBytes <= text.length; pieceBytes += 1)
      expect(decode(encoding, text, pieceBytes)).toBe(expected);
  });

  test("of any bytes, cut anywhere, and in lines without an end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.integer({ min: 1, max: 300 }), (bytes, pieceBytes) => {
        const base64 = Buffer.from(bytes).toString("base64").replaceAll(/.{76}/g, "$&\r\n");
        expect(decode("base64", base64, pieceBytes)).toBe(Buffer.from(bytes).toString("latin1"));
      }),
    );
    const endless = "=41=42 ".repeat(60_000);
    const digest = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(digest(decode("quoted-printable", `${endless}=`, 1_001))).toBe(digest("AB ".repeat(60_000)));
  });
});
