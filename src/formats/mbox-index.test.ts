import fc from "fast-check";
import { expect, test } from "vitest";

import { indexMbox } from "./mbox-index.ts";
import { mboxEntry, originalIn } from "./mbox.ts";

const originals = fc.array(
  fc.string({ unit: fc.constantFrom("From ", "From 31@xxx ", "\n", "\r\n", ">", "x", "Subject: y"), maxLength: 40 }),
  { maxLength: 8 },
);

const head = (id: string) => ({ id, threadId: "1", labelNames: ["INBOX"], internalDate: 0 });

async function* inPieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

test("whatever the originals hold, and however the file is read, each entry is found by its message's id", async () => {
  await fc.assert(
    fc.asyncProperty(originals, fc.integer({ min: 1, max: 60 }), async (texts, length) => {
      const ids = texts.map((_, n) => (n === 0 ? "an id/that is odd" : (0x18c2a1f0b3d4e500n + BigInt(n)).toString(16)));
      const entries = await Promise.all(
        texts.map(async (text, n) =>
          Buffer.concat(await Array.fromAsync(mboxEntry(head(ids[n]!), [Buffer.from(text)]))),
        ),
      );
      const mbox = Buffer.concat(entries);
      const index = await indexMbox(inPieces(mbox, length));
      for (const [n, text] of texts.entries()) {
        const start = index.startOf(ids[n]!);
        expect(start).toBe(entries.slice(0, n).reduce((sum, entry) => sum + entry.length, 0));
        const entry = mbox.subarray(start, start! + entries[n]!.length);
        const found = Buffer.concat(await Array.fromAsync(originalIn(inPieces(entry, length))));
        expect(found.toString()).toBe(text);
      }
      expect(index.startOf("77")).toBeUndefined();
    }),
  );
});

test("what is no mbox has no entries, and a line without an end is not gathered", async () => {
  const none = await indexMbox(inPieces(Buffer.from(`From ${"x".repeat(10_000)}\nFrom 1@yyy z`), 100));
  expect(none.startOf("1")).toBeUndefined();
});
