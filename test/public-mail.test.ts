import { expect, test } from "vitest";

import { textBodiesToFetch } from "../src/core/mail/parts.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import { readParts } from "../src/formats/rfc5322/read-parts.ts";
import { toRecord } from "../src/formats/to-record.ts";
import { parseMessage } from "../src/sources/gmail-api/calls/wire.ts";

/**
 * Mail after the examples of RFC 2046, 2231, 3676 and 6532, and after what collections of broken mail are made of, with
 * content of our own: each as it was sent, and as Gmail shows its parts, both written by hand. The law: the record is the
 * same from either, and it is this one.
 */

/** A part as Gmail shows it; its type is that of its Content-Type, if it has one. */
type Shown = Readonly<{
  mimeType: string;
  headers?: readonly (readonly [name: string, value: string])[];
  filename?: string;
  /** What it holds, decoded. Text is in the answer, a file is not. */
  text?: string | Buffer;
  file?: string | Buffer;
  parts?: readonly Shown[];
}>;

type Case = Readonly<{ sent: readonly string[]; encoding?: "latin1"; eol?: "\n"; shown: Shown; record: object }>;

const HEAD = [
  ["From", "Ada <ada@example.com>"],
  ["Subject", "Minutes"],
] as const;
const SENT_HEAD = HEAD.map(([name, value]) => `${name}: ${value}`);

const typed = (value: string, ...more: (readonly [string, string])[]) => [["Content-Type", value] as const, ...more];

const CASES: Readonly<Record<string, Case>> = {
  "a container with words before and behind its parts, of which the first has no header (RFC 2046 §5.1.1)": {
    sent: [
      ...SENT_HEAD,
      'Content-Type: multipart/mixed; boundary="simple boundary"',
      "",
      "This is the preamble. It is to be ignored.",
      "--simple boundary",
      "",
      "This is implicitly typed.",
      "It does NOT end with a line break.",
      "--simple boundary",
      "Content-type: text/plain; charset=us-ascii",
      "",
      "This does.",
      "",
      "--simple boundary--",
      "",
      "This is the epilogue.",
    ],
    shown: {
      mimeType: "multipart/mixed",
      headers: [...HEAD, ["Content-Type", 'multipart/mixed; boundary="simple boundary"']],
      parts: [
        { mimeType: "text/plain", text: "This is implicitly typed.\r\nIt does NOT end with a line break." },
        { mimeType: "text/plain", headers: typed("text/plain; charset=us-ascii"), text: "This does.\r\n" },
      ],
    },
    record: {
      Body: {
        plain: "This is implicitly typed.\r\nIt does NOT end with a line break.\nThis does.\r\n",
        html: "",
      },
    },
  },
  "a name in pieces, with its charset and language (RFC 2231 §4.1)": {
    sent: [
      ...SENT_HEAD,
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: application/octet-stream",
      "Content-Disposition: attachment;",
      " filename*0*=us-ascii'en'This%20is%20even%20more%20;",
      " filename*1*=%2A%2A%2Afun%2A%2A%2A%20;",
      ' filename*2="isn\'t it!"',
      "Content-Transfer-Encoding: base64",
      "",
      "AAEC",
      "--b--",
    ],
    shown: {
      mimeType: "multipart/mixed",
      headers: [...HEAD, ["Content-Type", "multipart/mixed; boundary=b"]],
      parts: [
        {
          mimeType: "application/octet-stream",
          filename: "This is even more ***fun*** isn't it!",
          headers: typed("application/octet-stream", ["Content-Disposition", "attachment"]),
          file: Buffer.from([0, 1, 2]),
        },
      ],
    },
    record: { Attachments: [{ filename: "This is even more ***fun*** isn't it!", size: 3, partId: "0" }] },
  },
  "headers in UTF-8, as they are (RFC 6532)": {
    sent: [
      "From: Jörg Ünal <jörg@müller.example>",
      "Subject: Über 会議",
      "Content-Type: text/plain; charset=utf-8",
      "",
      "Grüße",
    ],
    shown: {
      mimeType: "text/plain",
      headers: [
        ["From", "Jörg Ünal <jörg@müller.example>"],
        ["Subject", "Über 会議"],
        ["Content-Type", "text/plain; charset=utf-8"],
      ],
      text: "Grüße",
    },
    record: { From: "Jörg Ünal <jörg@müller.example>", Subject: "Über 会議", Body: { plain: "Grüße", html: "" } },
  },
  "text that is flowed stays as it was sent (RFC 3676)": {
    sent: [
      ...SENT_HEAD,
      "Content-Type: text/plain; format=flowed; delsp=yes",
      "",
      "One line, ",
      "broken softly.",
      "> quoted ",
      "-- ",
      "Ada",
    ],
    shown: {
      mimeType: "text/plain",
      headers: [...HEAD, ["Content-Type", "text/plain; format=flowed; delsp=yes"]],
      text: "One line, \r\nbroken softly.\r\n> quoted \r\n-- \r\nAda",
    },
    record: { Body: { plain: "One line, \r\nbroken softly.\r\n> quoted \r\n-- \r\nAda", html: "" }, Attachments: [] },
  },
  "a file that was written into the text (uuencode) is text": {
    sent: [...SENT_HEAD, "", "See below.", "begin 644 note.txt", "#0V%T", "`", "end", ""],
    shown: {
      mimeType: "text/plain",
      headers: HEAD,
      text: "See below.\r\nbegin 644 note.txt\r\n#0V%T\r\n`\r\nend\r\n",
    },
    record: { Body: { plain: "See below.\r\nbegin 644 note.txt\r\n#0V%T\r\n`\r\nend\r\n", html: "" }, Attachments: [] },
  },
  "parts that hold nothing": {
    sent: [
      ...SENT_HEAD,
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: text/plain",
      "",
      "--b",
      "Content-Type: application/pdf; name=empty.pdf",
      "",
      "--b",
      "Content-Type: text/plain",
      "",
      "Words.",
      "--b--",
    ],
    shown: {
      mimeType: "multipart/mixed",
      headers: [...HEAD, ["Content-Type", "multipart/mixed; boundary=b"]],
      parts: [
        { mimeType: "text/plain", headers: typed("text/plain"), text: "" },
        { mimeType: "application/pdf", filename: "empty.pdf", headers: typed("application/pdf; name=empty.pdf") },
        { mimeType: "text/plain", headers: typed("text/plain"), text: "Words." },
      ],
    },
    record: { Body: { plain: "\nWords.", html: "" }, Attachments: [{ filename: "empty.pdf", size: 0, partId: "1" }] },
  },
  "headers that come twice, folded and in any case": {
    sent: [
      "to: Grace <grace@example.com>",
      "TO: Alan",
      "\t<alan@example.net>",
      "Subject: First",
      "subject: Second",
      "Message-ID: <1@example.com>",
      "",
      "Words.",
    ],
    shown: {
      mimeType: "text/plain",
      headers: [
        ["to", "Grace <grace@example.com>"],
        ["TO", "Alan\t<alan@example.net>"],
        ["Subject", "First"],
        ["subject", "Second"],
        ["Message-ID", "<1@example.com>"],
      ],
      text: "Words.",
    },
    record: { To: "Grace <grace@example.com>, Alan\t<alan@example.net>", Subject: "First, Second" },
  },
  "what Outlook packs everything into (TNEF)": {
    sent: [
      ...SENT_HEAD,
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: text/plain",
      "",
      "Words.",
      "--b",
      'Content-Type: application/ms-tnef; name="winmail.dat"',
      "Content-Transfer-Encoding: base64",
      "",
      "eJ8+",
      "",
      "Ig==",
      "--b--",
    ],
    shown: {
      mimeType: "multipart/mixed",
      headers: [...HEAD, ["Content-Type", "multipart/mixed; boundary=b"]],
      parts: [
        { mimeType: "text/plain", headers: typed("text/plain"), text: "Words." },
        {
          mimeType: "application/ms-tnef",
          filename: "winmail.dat",
          headers: typed('application/ms-tnef; name="winmail.dat"'),
          file: Buffer.from([0x78, 0x9f, 0x3e, 0x22]),
        },
      ],
    },
    record: { Attachments: [{ filename: "winmail.dat", mimeType: "application/ms-tnef", size: 4, partId: "1" }] },
  },
  "a message within a message within a message": {
    sent: [
      ...SENT_HEAD,
      "Content-Type: multipart/mixed; boundary=outer",
      "",
      "--outer",
      "",
      "See what he wrote.",
      "--outer",
      "Content-Type: message/rfc822",
      "",
      "Subject: Fwd",
      "Content-Type: multipart/mixed; boundary=inner",
      "",
      "--inner",
      "",
      "Inner words.",
      "--inner",
      "Content-Type: message/rfc822",
      "",
      "Subject: Innermost",
      "",
      "Innermost words.",
      "--inner--",
      "--outer--",
    ],
    shown: {
      mimeType: "multipart/mixed",
      headers: [...HEAD, ["Content-Type", "multipart/mixed; boundary=outer"]],
      parts: [
        { mimeType: "text/plain", text: "See what he wrote." },
        {
          mimeType: "message/rfc822",
          headers: typed("message/rfc822"),
          parts: [
            {
              mimeType: "multipart/mixed",
              headers: [["Subject", "Fwd"], ...typed("multipart/mixed; boundary=inner")],
              parts: [
                { mimeType: "text/plain", text: "Inner words." },
                {
                  mimeType: "message/rfc822",
                  headers: typed("message/rfc822"),
                  parts: [{ mimeType: "text/plain", headers: [["Subject", "Innermost"]], text: "Innermost words." }],
                },
              ],
            },
          ],
        },
      ],
    },
    record: {
      Body: { plain: "See what he wrote.", html: "" },
      Attachments: [{ filename: "", mimeType: "message/rfc822", size: 28, partId: "1" }],
    },
  },
  "a container that names no boundary": {
    sent: [...SENT_HEAD, "Content-Type: multipart/mixed", "", "--b", "", "Words.", "--b--", ""],
    shown: {
      mimeType: "multipart/mixed",
      headers: [...HEAD, ["Content-Type", "multipart/mixed"]],
      text: "--b\r\n\r\nWords.\r\n--b--\r\n",
    },
    record: { Body: { plain: "--b\r\n\r\nWords.\r\n--b--\r\n", html: "" }, Attachments: [] },
  },
  "a container that does not end": {
    sent: [
      ...SENT_HEAD,
      "Content-Type: multipart/alternative; boundary=b",
      "",
      "--b",
      "",
      "Words.",
      "--b",
      "Content-Type: text/html",
      "",
      "<p>Words.</p>",
    ],
    shown: {
      mimeType: "multipart/alternative",
      headers: [...HEAD, ["Content-Type", "multipart/alternative; boundary=b"]],
      parts: [
        { mimeType: "text/plain", text: "Words." },
        { mimeType: "text/html", headers: typed("text/html"), text: "<p>Words.</p>" },
      ],
    },
    record: { Body: { plain: "Words.", html: "<p>Words.</p>" } },
  },
  "a boundary that another one begins with": {
    sent: [
      ...SENT_HEAD,
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: multipart/alternative; boundary=b2",
      "",
      "--b2",
      "",
      "Words.",
      "--b2--",
      "--b",
      "",
      "More.",
      "--b--",
    ],
    shown: {
      mimeType: "multipart/mixed",
      headers: [...HEAD, ["Content-Type", "multipart/mixed; boundary=b"]],
      parts: [
        {
          mimeType: "multipart/alternative",
          headers: typed("multipart/alternative; boundary=b2"),
          parts: [{ mimeType: "text/plain", text: "Words." }],
        },
        { mimeType: "text/plain", text: "More." },
      ],
    },
    record: { Body: { plain: "Words.\nMore.", html: "" } },
  },
  "lines that end as Unix ends them, and base64 with what does not belong there": {
    eol: "\n",
    sent: [
      ...SENT_HEAD,
      "Content-Type: text/html; charset=utf-8",
      "Content-Transfer-Encoding: BASE64",
      "",
      "PHA+",
      "Qm9u",
      " am91cjwvcD4=",
      "",
    ],
    shown: {
      mimeType: "text/html",
      headers: [...HEAD, ["Content-Type", "text/html; charset=utf-8"], ["Content-Transfer-Encoding", "BASE64"]],
      text: "<p>Bonjour</p>",
    },
    record: { Body: { plain: "", html: "<p>Bonjour</p>" } },
  },
  "eight bits that nobody declared": {
    encoding: "latin1",
    sent: [...SENT_HEAD, "Content-Type: text/plain", "Content-Transfer-Encoding: 8bit", "", "Ol\u00e1"],
    shown: {
      mimeType: "text/plain",
      headers: [...HEAD, ["Content-Type", "text/plain"], ["Content-Transfer-Encoding", "8bit"]],
      text: Buffer.from("Ol\u00e1", "latin1"),
    },
    record: { Body: { plain: "Olá", html: "" } },
  },
};

/** A part of Gmail's answer, numbered as Gmail numbers them. */
function payloadOf({ mimeType, headers = [], filename = "", text, file, parts }: Shown, partId = ""): object {
  const children = parts?.map((part, index) => payloadOf(part, partId === "" ? String(index) : `${partId}.${index}`));
  const bytes = Buffer.from(text ?? file ?? "");
  const body =
    text === undefined && file !== undefined
      ? { attachmentId: `id of ${partId}`, size: bytes.length }
      : { size: bytes.length, ...(bytes.length > 0 && { data: bytes.toString("base64url") }) };
  return {
    partId,
    mimeType,
    filename,
    headers: headers.map(([name, value]) => ({ name, value })),
    body,
    ...(children && { parts: children }),
  };
}

function withoutIds(record: ExportRecord): ExportRecord {
  for (const attachment of record.Attachments) Object.assign(attachment, { id: "" });
  return record;
}

test.each(Object.entries(CASES))("%s", async (_, { sent, encoding, eol = "\r\n", shown, record }) => {
  const raw = Buffer.from(sent.join(eol), encoding ?? "utf8");
  const meta = { id: "1", threadId: "1", snippet: "", sizeEstimate: raw.length, internalDate: "0" };
  const full = parseMessage({ ...meta, payload: payloadOf(shown) });
  expect(textBodiesToFetch(full)).toEqual([]);
  const fromFull = withoutIds(toRecord(full, new Map()));
  expect(fromFull).toMatchObject(record);
  for (const pieceBytes of [1, 7, raw.length]) {
    const pieces = Array.from({ length: Math.ceil(raw.length / pieceBytes) }, (__, n) =>
      raw.subarray(n * pieceBytes, (n + 1) * pieceBytes),
    );
    const root = await readParts(pieces, { reserve: async () => {} });
    expect(withoutIds(toRecord({ ...full, root }, new Map()))).toEqual(fromFull);
  }
});
