import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { elsewhere, here, message, multipart, part, text } from "../../test/messages.ts";
import { testProcessorTime } from "../../test/processor-time.ts";
import { record as emptyRecord } from "../../test/written-export.ts";
import type { Message, Part } from "../core/mail/mail.ts";
import type { AttachmentRecord, ExportRecord } from "../core/mail/record.ts";
import { countReplacementCharacters } from "../core/mail/replacement-characters.ts";
import type { LabelNames } from "../core/ports/mailbox-source.ts";
import { toRecord } from "./to-record.ts";

const NO_NAMES: LabelNames = new Map();

function recordOf(
  payload: Part,
  fields: Partial<Omit<Message, "root">> = {},
  names: LabelNames = NO_NAMES,
): ExportRecord {
  return toRecord(message(payload, fields), names);
}

function dateOf(internalDate: number | undefined): string {
  return recordOf(part(), { internalDate })["Internal-Date"];
}

function imageOf(contentId: string): Part {
  return part({
    mimeType: "image/png",
    filename: "a.png",
    headers: { "Content-ID": contentId, "Content-Disposition": "attachment; filename=a.png" },
    content: elsewhere("A", 1),
  });
}

function attachmentsOf(...parts: readonly Part[]): readonly AttachmentRecord[] {
  return recordOf(multipart("mixed", ...parts)).Attachments;
}

describe("a record", () => {
  test("is the contract, key by key", () => {
    const payload = part({
      mimeType: "multipart/mixed",
      headers: {
        Date: "Tue, 05 Dec 2023 10:11:12 +0100",
        From: "Ada <ada@example.com>",
        To: "bob@example.com",
        Subject: "Grüße",
        Cc: "cc@example.com",
        Bcc: "bcc@example.com",
        "Reply-To": "reply@example.com",
        "Message-Id": "<1@example.com>",
        "In-Reply-To": "<0@example.com>",
        References: "<0@example.com>",
      },
      parts: [
        multipart("alternative", text("text/plain", "Hello"), text("text/html", "<p>Hello</p>")),
        part({
          partId: "1",
          mimeType: "application/pdf",
          filename: "a.pdf",
          content: elsewhere("A1", 12345),
        }),
      ],
    });
    const fields = {
      id: "18c2",
      threadId: "18c1",
      labelIds: ["INBOX", "Label_1"],
      snippet: "Hello",
      internalDate: 1701767472000,
      sizeEstimate: 4321,
    };
    const record = recordOf(payload, fields, new Map([["Label_1", "Travel/Lisbon"]]));
    expect(JSON.stringify(record, null, 1)).toBe(
      JSON.stringify(
        {
          "Message-ID": "18c2",
          "Thread-ID": "18c1",
          Labels: ["INBOX", "Label_1"],
          Date: "Tue, 05 Dec 2023 10:11:12 +0100",
          From: "Ada <ada@example.com>",
          To: "bob@example.com",
          Subject: "Grüße",
          Body: { plain: "Hello", html: "<p>Hello</p>" },
          Attachments: [{ id: "A1", filename: "a.pdf", mimeType: "application/pdf", size: 12345, partId: "1" }],
          Snippet: "Hello",
          Cc: "cc@example.com",
          Bcc: "bcc@example.com",
          "Reply-To": "reply@example.com",
          "Internal-Date": "2023-12-05T09:11:12.000Z",
          "Label-Names": ["INBOX", "Travel/Lisbon"],
          "RFC822-Message-ID": "<1@example.com>",
          "In-Reply-To": "<0@example.com>",
          References: "<0@example.com>",
          "Size-Estimate": 4321,
        },
        null,
        1,
      ),
    );
  });

  test("of a message that lacks everything is empty, never null", () => {
    expect(recordOf(part())).toEqual(emptyRecord("18c2a0", { "Internal-Date": "" }));
  });

  test("of a chat is what a chat has: a sender and text", () => {
    const chat = part({ mimeType: "text/html", headers: { From: "Bob" }, content: here("hi") });
    expect(recordOf(chat, { labelIds: ["CHAT"] })).toMatchObject({
      Labels: ["CHAT"],
      From: "Bob",
      To: "",
      Subject: "",
      Body: { plain: "", html: "hi" },
    });
  });
});

describe("headers", () => {
  test("of one name are joined, whatever their casing", () => {
    const headers = [
      { name: "To", value: "a@example.com" },
      { name: "Subject", value: "s" },
      { name: "TO", value: "b@example.com" },
    ];
    expect(recordOf(part({ headers })).To).toBe("a@example.com, b@example.com");
  });

  test("are mended, unfolded and decoded", () => {
    const headers = { Subject: "CafÃ©", From: "=?utf-8?Q?J=C3=BCrgen?= <j@example.com>", To: "a@x,\r\n b@x" };
    expect(recordOf(part({ headers }))).toMatchObject({
      Subject: "Café",
      From: "Jürgen <j@example.com>",
      To: "a@x, b@x",
    });
  });

  test("keep the Date as it was sent, sense or none", () => {
    for (const date of ["Mon, 1 Jan 24 25:61:00 UT (sic)", "yesterday"])
      expect(recordOf(part({ headers: { Date: date } })).Date).toBe(date);
  });

  test("of a forwarded message are not the message's own", () => {
    const forwarded = part({ mimeType: "message/rfc822", headers: { Subject: "inner" } });
    expect(recordOf(multipart("mixed", forwarded)).Subject).toBe("");
  });
});

describe("the body", () => {
  test("is every text of one type, joined by a newline", () => {
    const payload = multipart(
      "mixed",
      multipart("alternative", text("text/plain", "one"), text("text/html", "<p>1</p>")),
      text("text/plain", "two"),
      text("text/html", "<p>2</p>"),
    );
    expect(recordOf(payload).Body).toEqual({ plain: "one\ntwo", html: "<p>1</p>\n<p>2</p>" });
  });

  test("of Chinese or Japanese mail is read as the UTF-8 it is, not as the label it kept", () => {
    expect(recordOf(text("text/plain", "你好，世界", "GBK")).Body.plain).toBe("你好，世界");
    expect(recordOf(text("text/plain", "こんにちは", "ISO-2022-JP")).Body.plain).toBe("こんにちは");
  });

  test("in bytes that are not UTF-8 is read by its label", () => {
    const escaped = Buffer.from("\x1b$B$3$s\x1b(B", "latin1");
    expect(recordOf(text("text/plain", escaped, "iso-2022-jp")).Body.plain).toBe("こん");
    expect(recordOf(text("text/plain", Uint8Array.of(0xe9), "iso-8859-1")).Body.plain).toBe("é");
    const unquoted = { "Content-Type": "text/plain; format=flowed; CHARSET = koi8-r ; x=y" };
    const russian = part({ headers: unquoted, content: here(Uint8Array.of(0xf0, 0xd2, 0xc9)) });
    expect(recordOf(russian).Body.plain).toBe("При");
  });

  test("is not freed of a transfer encoding twice", () => {
    const url = "https://example.com/?a=3D&b=20";
    const quoted = part({
      mimeType: "text/plain",
      headers: { "Content-Type": "text/plain", "Content-Transfer-Encoding": "quoted-printable" },
      content: here(url),
    });
    const base64 = part({
      mimeType: "text/html",
      headers: { "Content-Transfer-Encoding": "base64" },
      content: here("aGVsbG8="),
    });
    expect(recordOf(multipart("alternative", quoted, base64)).Body).toEqual({ plain: url, html: "aGVsbG8=" });
  });

  test("is any Unicode text, exactly", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (plain, html) => {
        const sent = (mimeType: string, content: string): Part => part({ mimeType, content: here(content) });
        const payload = multipart("alternative", sent("text/plain", plain), sent("text/html", html));
        expect(recordOf(payload).Body).toEqual({ plain, html });
      }),
    );
  });
});

describe("attachments", () => {
  test("of a forward: one entry, and none of what is inside it", () => {
    const forwarded = part({
      partId: "1",
      mimeType: "message/rfc822",
      parts: [multipart("mixed", text("text/plain", "inner"), part({ filename: "inner.pdf" }))],
    });
    const record = recordOf(multipart("mixed", text("text/plain", "outer"), forwarded));
    expect(record.Body.plain).toBe("outer");
    expect(record.Attachments).toEqual([{ id: "", filename: "", mimeType: "message/rfc822", size: 5, partId: "1" }]);
  });

  test("need no name: invitations, signatures, images", () => {
    const invitation = part({ mimeType: "text/calendar", content: here("BEGIN") });
    const signature = part({ mimeType: "application/pkcs7-mime", content: elsewhere("A1", 900) });
    const image = part({ mimeType: "image/png", content: elsewhere("A2", 70) });
    expect(attachmentsOf(invitation, signature, image)).toEqual([
      { id: "", filename: "", mimeType: "text/calendar", size: 5, partId: "" },
      { id: "A1", filename: "", mimeType: "application/pkcs7-mime", size: 900, partId: "" },
      { id: "A2", filename: "", mimeType: "image/png", size: 70, partId: "" },
    ]);
  });

  test("without a size have that of their data", () => {
    expect(attachmentsOf(part({ filename: "a", content: here("12345") }))[0]!.size).toBe(5);
  });

  test("shown by the html are inline, though Gmail calls them attachments", () => {
    const html = '<img src="cid:logo@example.com"><img src=CID:a%20b><p style="background:url(cid:x&amp;y)">cid: z</p>';
    const shown = attachmentsOf(
      text("text/html", html),
      ...["<logo@example.com>", " <a b> ", "<x&y>", "<z>", "<>"].map(imageOf),
    ).map(({ contentId, inline }) => ({ contentId, inline }));
    expect(shown).toEqual([
      { contentId: "logo@example.com", inline: true },
      { contentId: "a b", inline: true },
      { contentId: "x&y", inline: true },
      { contentId: "z", inline: undefined },
      { contentId: undefined, inline: undefined },
    ]);
  });

  test("sent inline are inline", () => {
    const image = part({ filename: "a.png", headers: { "Content-Disposition": "inline" } });
    expect(attachmentsOf(image)).toEqual([
      { id: "", filename: "a.png", mimeType: "", size: 0, partId: "", inline: true },
    ]);
  });

  test("survive references that are no address", () => {
    const image = part({ filename: "a.png", headers: { "Content-ID": "<%E0%A4%A>" } });
    expect(attachmentsOf(text("text/html", '<img src="cid:%E0%A4%A">'), image)[0]!.inline).toBe(true);
  });
});

describe("the internal date", () => {
  test("is ISO 8601 in UTC", () => {
    expect(dateOf(1701767472123)).toBe("2023-12-05T09:11:12.123Z");
    expect(dateOf(0)).toBe("1970-01-01T00:00:00.000Z");
    expect(dateOf(-1000)).toBe("1969-12-31T23:59:59.000Z");
  });

  test("is empty when it is no moment of the years 0 to 9999", () => {
    for (const none of [undefined, Number.NaN, 253402300800000, -62167219200001, 1e300, Infinity])
      expect(dateOf(none)).toBe("");
  });
});

describe("labels", () => {
  test("have the names people gave them; one that nobody knows is named by its id", () => {
    const names = new Map([
      ["Label_1", "Travel/Lisbon"],
      ["__proto__", "Odd"],
    ]);
    const record = recordOf(part(), { labelIds: ["INBOX", "Label_1", "Label_9", "__proto__", "constructor"] }, names);
    expect(record.Labels).toEqual(["INBOX", "Label_1", "Label_9", "__proto__", "constructor"]);
    expect(record["Label-Names"]).toEqual(["INBOX", "Travel/Lisbon", "Label_9", "Odd", "constructor"]);
  });
});

test("what cannot be decoded is U+FFFD in the written line, wherever it stands", () => {
  const half = "\uD83D";
  const payload = part({
    mimeType: "multipart/mixed",
    headers: { Subject: half, To: "=?utf-8?Q?=FF?=" },
    parts: [
      text("text/plain", Uint8Array.of(0x61, 0xff)),
      text("text/html", Uint8Array.of(0xff)),
      part({ filename: half, mimeType: half, partId: half, content: elsewhere(half) }),
    ],
  });
  const fields = { labelIds: ["L"], snippet: half, threadId: half };
  const record = recordOf(payload, fields, new Map([["L", half]]));
  expect(record.Body.plain).toBe("a\uFFFD");
  expect(JSON.stringify(record)).not.toContain("\\ud83d");
  expect(countReplacementCharacters(JSON.stringify(record))).toBe(11);
});

testProcessorTime("a message of 100,000 attachments is mapped", 10_000, () => {
  const html = Array.from({ length: 100_000 }, (_, index) => `<img src="cid:${index}">`).join("");
  const images = Array.from({ length: 100_000 }, (_, index) => imageOf(`<${index}>`));
  const payload = part({ mimeType: "multipart/related", parts: [text("text/html", html), ...images] });
  const { Attachments } = recordOf(payload);
  expect(Attachments).toHaveLength(100_000);
  expect(Attachments.every(({ inline }) => inline)).toBe(true);
});
