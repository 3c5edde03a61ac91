import { buffer } from "node:stream/consumers";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { entriesIn, mboxEntry, originalIn, type MboxHead } from "./mbox.ts";

const HEAD: MboxHead = {
  id: "18c2a1f0b3d4e5f6",
  threadId: "11bdfc5cae0c8191",
  labelNames: ["INBOX", "Travel/Lisbon"],
  internalDate: Date.UTC(2023, 11, 5, 9, 11, 12),
};

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const entry = (original: string, head = HEAD, size = 1_000): Promise<Buffer> =>
  buffer(mboxEntry(head, pieces(Buffer.from(original, "latin1"), size)));

test("an entry begins with the decimal id and the time, and tells thread and labels in the original's line ends", async () => {
  expect((await entry("Subject: x\r\n\r\nhello\r\n")).toString()).toBe(
    "From 1784166457573434870@xxx Tue Dec  5 09:11:12 2023\n" +
      "X-GM-THRID: 1278455344230334865\r\nX-Gmail-Labels: INBOX,Travel/Lisbon\r\n" +
      "Subject: x\r\n\r\nhello\r\n\n",
  );
  const bare = await entry("Subject: x\n\nhello", { ...HEAD, labelNames: [], internalDate: undefined });
  expect(bare.toString()).toBe(
    "From 1784166457573434870@xxx Thu Jan  1 00:00:00 1970\n" +
      "X-GM-THRID: 1278455344230334865\nX-Gmail-Labels: \nSubject: x\n\nhello\n",
  );
});

test("labels are quoted as in CSV, encoded where they are not ASCII, and folded so that nothing is added", async () => {
  const labelsIn = async (labelNames: readonly string[]): Promise<string> => {
    const text = (await entry("A: b\r\n\r\n", { ...HEAD, labelNames })).toString();
    return /X-Gmail-Labels: (.*?)\r\nA: b/s.exec(text)![1]!;
  };
  expect(await labelsIn(['a "b", c', "d"])).toBe('"a ""b"", c",d');
  const long = Array.from({ length: 12 }, (_, n) => `label number ${n}`);
  const folded = await labelsIn(long);
  expect(folded.split("\r\n").every((line) => line.length <= 76)).toBe(true);
  expect(folded.replaceAll("\r\n", "")).toBe(long.join(","));
  const odd = ["Müller & Søn 🗂️".repeat(5), "=?x"];
  const words = await labelsIn(odd);
  expect(words.split("\r\n ").every((word) => word.length <= 75)).toBe(true);
  const decoded = words.split("\r\n ").map((word) => Buffer.from(/^=\?utf-8\?B\?(.*)\?=$/.exec(word)![1]!, "base64"));
  expect(Buffer.concat(decoded).toString()).toBe(odd.join(","));
});

/** Bytes with many lines that could be taken for the beginning of an entry. */
const anyOriginal = fc
  .array(fc.constantFrom("From ", ">", ">>", "F", "rom ", "\n", "\r\n", "\r", "x", "\u00ff", " ", "From x\n"))
  .chain((all) =>
    fc.constantFrom("Subject: x", "", " ", "\t", " =?utf-8?B?QQ==?=", "\n").map((begin) => begin + all.join("")),
  );

const anyHead = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom("", " ", " a b", "Müller", "x".repeat(70), "one two".repeat(12), "=?utf-8?Q?x?="),
    ),
  )
  .map((labelNames): MboxHead => Object.assign({ ...HEAD }, { labelNames }));

test("any originals, one after another, come back byte for byte, however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(anyHead, anyOriginal)), fc.integer({ min: 1, max: 60 }), async (mails, size) => {
      const originals = mails.map(([, original]) => original);
      const file = Buffer.concat(await Promise.all(mails.map(([head, original]) => entry(original, head, size))));
      const places = await Array.fromAsync(entriesIn(pieces(file, size)));
      expect(places.at(-1)?.end ?? 0).toBe(file.length);
      const found = places.map(({ start, end }) => buffer(originalIn(pieces(file.subarray(start, end), size))));
      expect((await Promise.all(found)).map((one) => one.toString("latin1"))).toEqual(originals);
    }),
    { numRuns: 2_000 },
  );
});

test("an original that begins with white space is told from a fold of the labels before it", async () => {
  const labelNames = Array.from({ length: 12 }, (_, n) => `étiquette, ${n}`);
  const original = " =?utf-8?B?QQ==?=\r\nTo: x\r\n\r\n";
  const bytes = await entry(original, { ...HEAD, labelNames });
  const [labels = ""] = /(?<=X-Gmail-Labels: ).*?(?=\r\n)/.exec(bytes.toString()) ?? [];
  expect(labels.split(" ").every((word) => /^=\?utf-8\?Q\?\S+\?=$/.test(word) && word.length <= 75)).toBe(true);
  const decoded = labels.replaceAll(/=\?utf-8\?Q\?|\?=| /g, "").replaceAll("=", "%");
  expect(decodeURIComponent(decoded)).toBe(labelNames.map((name) => `"${name}"`).join(","));
  expect((await buffer(originalIn(pieces(bytes, 7)))).toString()).toBe(original);
});

test("mboxo quotes what begins an entry, and nothing that is quoted already", async () => {
  const bytes = await buffer(mboxEntry(HEAD, [Buffer.from("A: b\n\nFrom x\n>From y\n")], "mboxo"));
  expect(bytes.toString()).toContain("\n\n>From x\n>From y\n\n");
});
