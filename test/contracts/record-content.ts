import { createHash } from "node:crypto";

import { describe, expect, test } from "vitest";

import { failureOf } from "../../src/core/errors.ts";
import type { ReadRecordContent, RecordContent } from "../../src/core/ports/record-content.ts";
import { attachmentPath } from "../../src/formats/attachment-path.ts";
import { mboxEntry } from "../../src/formats/mbox.ts";

export type ContentStage = AsyncDisposable &
  Readonly<{
    contents: ReadRecordContent;
    directory: string;
    /** Puts a file in place of what has this name, as `put` and `grow` of the storage do. */
    put(name: string, bytes: Uint8Array): Promise<void>;
    /** Changes some bytes of a file where it is, as a bad disk or an editor does. */
    change(name: string, bytes: Uint8Array, at: number): Promise<void>;
    remove(name: string): Promise<void>;
  }>;

const DATE = "2023-12-05T09:11:12.000Z";

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** An mbox of these originals by id. */
export async function mboxOf(originals: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  const entries = Object.entries(originals).map(([id, bytes]) =>
    Array.fromAsync(
      mboxEntry({ id, threadId: id, labelNames: ["INBOX"], internalDate: Date.parse(DATE) }, [Buffer.from(bytes)]),
    ),
  );
  return Buffer.concat((await Promise.all(entries)).flat());
}

async function bytesOf(content: RecordContent, start = 0, end = content.bytes): Promise<Buffer> {
  await using opened = await content.open();
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const isDamaged = async (work: Promise<unknown>): Promise<void> => {
  const failure = failureOf(await work.catch((error: unknown) => error));
  expect(failure?.code).toBe("directory_damaged");
};

/** Large enough to be read in several pieces. */
const LARGE = Buffer.alloc(1_200_000, "0123456789abcdef,");

/** What every reader of contents does; each runs this suite. */
export function recordContentContract(implementation: string, setUp: () => Promise<ContentStage>): void {
  describe(`ReadRecordContent contract (${implementation})`, () => {
    test("an attachment is found by its hash, and any part of it is read", async () => {
      await using w = await setUp();
      const sha256 = sha256Of(LARGE);
      await w.put(attachmentPath(sha256), LARGE);
      const content = await w.contents.attachment(w.directory, sha256);
      expect(content).toMatchObject({ bytes: LARGE.length, sha256 });
      expect(Buffer.from(content.head).toString()).toBe(LARGE.toString("utf8", 0, content.head.length));
      expect((await bytesOf(content)).equals(LARGE)).toBe(true);
      const part = await bytesOf(content, 600_000, 600_010);
      expect(part.toString()).toBe(LARGE.toString("utf8", 600_000, 600_010));
      expect(await bytesOf(content, 5, 5)).toHaveLength(0);
    });

    test("while the mbox of a batch is written anew, what is not in the new one yet is read from the one before", async () => {
      await using w = await setUp();
      const originals = { 1: Buffer.from("Subject: one\r\n\r\n"), 2: Buffer.from("Subject: two\r\n\r\n") };
      await w.put("emails_batch_1.mbox", await mboxOf(originals));
      await w.put("emails_batch_1.mbox.part", await mboxOf({ 1: originals[1] }));
      for (const [id, bytes] of Object.entries(originals)) {
        const told = { id, batch: 1, internalDate: DATE, bytes: bytes.length, sha256: sha256Of(bytes) };
        expect(await bytesOf(await w.contents.original(w.directory, told))).toEqual(bytes);
      }
    });

    test("content without a byte is there too", async () => {
      await using w = await setUp();
      const sha256 = sha256Of(Buffer.alloc(0));
      await w.put(attachmentPath(sha256), Buffer.alloc(0));
      const content = await w.contents.attachment(w.directory, sha256);
      expect([content.bytes, content.head.length, (await bytesOf(content)).length]).toEqual([0, 0, 0]);
    });

    test("what is missing, cut, longer or other than its hash says is refused before a byte of it is given", async () => {
      await using w = await setUp();
      const sha256 = sha256Of(LARGE);
      const name = attachmentPath(sha256);
      await isDamaged(w.contents.attachment(w.directory, sha256));
      for (const wrong of [LARGE.subarray(1), Buffer.concat([LARGE, Buffer.from("x")]), Buffer.alloc(LARGE.length)]) {
        await w.put(name, wrong);
        await isDamaged(w.contents.attachment(w.directory, sha256));
      }
      await w.put(name, LARGE);
      expect((await w.contents.attachment(w.directory, sha256)).bytes).toBe(LARGE.length);
    });

    test("what is changed after it was found is not given out, in whole or in part", async () => {
      await using w = await setUp();
      const sha256 = sha256Of(LARGE);
      const name = attachmentPath(sha256);
      await w.put(name, LARGE);
      const content = await w.contents.attachment(w.directory, sha256);
      await w.change(name, Buffer.from("changed"), 9);
      await isDamaged(content.open());
      await w.put(name, LARGE);
      expect((await bytesOf(content)).length).toBe(LARGE.length);
    });

    test("what is changed while it is read has no end; what is put there anew is read to its end", async () => {
      await using w = await setUp();
      const sha256 = sha256Of(LARGE);
      const name = attachmentPath(sha256);
      const readMeanwhile = async (meanwhile: () => Promise<void>, end: number): Promise<number> => {
        await w.put(name, LARGE);
        await using opened = await (await w.contents.attachment(w.directory, sha256)).open();
        let read = 0;
        let isFirst = true;
        for await (const chunk of opened.read(0, end)) {
          read += chunk.length;
          if (isFirst) await meanwhile();
          isFirst = false;
        }
        return read;
      };
      const damage = () => w.change(name, Buffer.from("changed"), LARGE.length - 20);
      for (const end of [LARGE.length, 700_000]) await isDamaged(readMeanwhile(damage, end));
      expect(await readMeanwhile(() => w.put(name, LARGE), LARGE.length)).toBe(LARGE.length);
    });

    test("an original comes from its own file, or exactly out of the mbox of its batch, finished or growing", async () => {
      await using w = await setUp();
      const originals = {
        "18c2a1f0b3d4e5f6": Buffer.from("Subject: one\r\n\r\nFrom here on\r\n>From there\r\n"),
        "18c2a1f0b3d4e5f7": Buffer.from("Subject: two\n\nno newline at the end"),
        "18c2a1f0b3d4e5f8": Buffer.concat([Buffer.from("Subject: large\r\n\r\n"), LARGE, Buffer.from("\nFrom \n")]),
        "18c2a1f0b3d4e5f9": Buffer.from(""),
      };
      const pointer = (id: string, bytes: Uint8Array, batch: number) =>
        ({ id, internalDate: DATE, sha256: sha256Of(bytes), bytes: bytes.length, batch }) as const;
      const mbox = await mboxOf(originals);
      await w.put("emails_batch_3.mbox", mbox);
      await w.put("emails_batch_4.mbox.part", Buffer.concat([mbox, Buffer.from("From 77@xxx Tue Dec  5 09:")]));
      const [eml] = Object.values(originals);
      await w.put("eml/2023/12/18c2a1f0b3d4e5f6.eml", eml!);
      for (const [id, bytes] of Object.entries(originals))
        for (const batch of [3, 4]) {
          const content = await w.contents.original(w.directory, pointer(id, bytes, batch));
          expect([content.bytes, (await bytesOf(content)).equals(bytes)]).toEqual([bytes.length, true]);
          const [from, to] = [Math.floor(bytes.length / 3), Math.floor(bytes.length / 2)];
          expect((await bytesOf(content, from, to)).equals(bytes.subarray(from, to))).toBe(true);
        }
      await w.remove("eml/2023/12/18c2a1f0b3d4e5f6.eml");
      const from = await w.contents.original(w.directory, pointer("18c2a1f0b3d4e5f6", eml!, 3));
      expect((await bytesOf(from)).equals(eml!)).toBe(true);
      await isDamaged(w.contents.original(w.directory, pointer("18c2a1f0b3d4e5f6", eml!, 5)));
      await isDamaged(w.contents.original(w.directory, pointer("18c2a1f0b3d4e500", eml!, 3)));
      await isDamaged(w.contents.original(w.directory, pointer("18c2a1f0b3d4e5f7", eml!, 3)));
    });

    test("an mbox that was damaged gives no original, and takes no memory for it", async () => {
      await using w = await setUp();
      const bytes = Buffer.from("Subject: x\n\nx");
      const pointer = { id: "1f", internalDate: DATE, sha256: sha256Of(bytes), bytes: bytes.length, batch: 1 };
      const begin = "From 31@xxx Tue Dec  5 09:11:12 2023\n";
      for (const wrong of [
        begin,
        begin.trim(),
        `${begin}${"x".repeat(40 << 20)}`,
        `${begin}X-GM-THRID: 1\n${bytes.toString()}\n`,
      ]) {
        await w.put("emails_batch_1.mbox", Buffer.from(wrong));
        await isDamaged(w.contents.original(w.directory, pointer));
      }
    });
  });
}
