import { buffer } from "node:stream/consumers";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { maildirFlags, maildirFolder, maildirName, placesOf, withKeywords } from "./maildir.ts";

test("labels that tell a state are flags, in the order of their letters", () => {
  expect(maildirFlags(["INBOX", "UNREAD"], false)).toBe("");
  expect(maildirFlags(["TRASH", "STARRED", "DRAFT"], true)).toBe("DFRST");
});

test("a file is named by when it came, which it is, its size and its states", () => {
  const moment = Date.UTC(2023, 11, 5, 9, 11, 12, 345);
  expect(maildirName("18c2a1f0b3d4e5f6", moment, 4310, "S")).toBe(
    "1701767472.18c2a1f0b3d4e5f6.gmail-export,S=4310:2,S",
  );
  expect(maildirName("../x", undefined, undefined, "")).toMatch(/^0\.[0-9a-f]{64}\.gmail-export:2,$/);
});

test("folders lie within each other by dots, and are spelled as in IMAP", () => {
  expect(["INBOX", "Travel/Lisbon", "a.b", "Müller & Søn", "日本語"].map(maildirFolder)).toEqual([
    "",
    ".Travel.Lisbon",
    ".a_b",
    ".M&APw-ller &- S&APg-n",
    ".&ZeVnLIqe-",
  ]);
});

test("a message lies where its labels say, and elsewhere without any", () => {
  expect(placesOf(["INBOX", "UNREAD", "Label_1"], ["INBOX", "UNREAD", "Work"])).toEqual(["INBOX", "Work"]);
  expect([placesOf([], []), placesOf(["UNREAD", "STARRED"], ["UNREAD", "STARRED"])]).toEqual([
    ["unlabelled"],
    ["unlabelled"],
  ]);
});

test("whatever a label is called, its folder is one within the Maildir, and none of its own", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.constantFrom("cur", "..", "/", ".", "a/../b"),
      ),
      (label) => {
        const folder = maildirFolder(label);
        if (folder === "") return expect(label.toUpperCase()).toBe("INBOX");
        expect(folder).toMatch(/^\.[\x20-\x2d\x30-\x5b\x5d-\x7e_](?:[\x20-\x2e\x30-\x7e])*$/);
        expect(folder).not.toMatch(/\.\.|\.$|\//);
        expect(folder.length).toBeLessThan(255);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("labels stand in a line before the message, with its line ends", async () => {
  const original = async function* (text: string): AsyncGenerator<Buffer> {
    for (const letter of text) yield Buffer.from(letter);
  };
  const flat = async (text: string) => (await buffer(withKeywords(["INBOX", "a,b"], original(text)))).toString();
  expect(await flat("A: b\r\n\r\nx")).toBe('X-Keywords: INBOX,"a,b"\r\nA: b\r\n\r\nx');
  expect(await flat("A: b\n\nx\r\n")).toBe('X-Keywords: INBOX,"a,b"\nA: b\n\nx\r\n');
  expect(await flat(" b\r\n")).toBe("X-Keywords: =?utf-8?Q?INBOX=2C=22a=2Cb=22?=\r\n b\r\n");
});
