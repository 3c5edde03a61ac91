import { buffer } from "node:stream/consumers";
import { zstdDecompressSync } from "node:zlib";

import * as fc from "fast-check";
import { parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { expect, test } from "vitest";

import { parquet, parquetGist, readParquet } from "./parquet.ts";

async function* lines(records: readonly object[]): AsyncGenerator<Buffer> {
  for (const record of records) yield Buffer.from(JSON.stringify(record));
}

const fileOf = (records: readonly object[]): Promise<Buffer> => buffer(parquet(lines(records)));

const RECORD = {
  "Message-ID": "18c2a1f0b3d4e5f6",
  "Thread-ID": "18c2a1f0b3d4e5f6",
  Labels: ["INBOX", "Label_7"],
  Date: "Tue, 05 Dec 2023 10:11:12 +0100",
  From: "Ada <ada@example.com>",
  To: "",
  Subject: "Ünïcode 🗂️",
  Body: { plain: "hello\r\n", html: "" },
  Attachments: [
    { id: "", filename: "a.pdf", mimeType: "application/pdf", size: 5_000_000_000, partId: "1" },
    {
      id: "x",
      filename: "",
      mimeType: "image/png",
      size: 3,
      partId: "2",
      contentId: "c@d",
      inline: true,
      sha256: "ab",
      path: "p",
    },
  ],
  Snippet: "",
  Cc: "",
  Bcc: "",
  "Reply-To": "",
  "Internal-Date": "2023-12-05T09:11:12.345Z",
  "Label-Names": ["INBOX", "Travel/Lisbon"],
  "RFC822-Message-ID": "",
  "In-Reply-To": "",
  References: "",
  "Size-Estimate": 4321,
  Original: { sha256: "cd", bytes: 4310 },
};

async function objectsIn(file: Buffer): Promise<Record<string, unknown>[]> {
  const bytes = new Uint8Array(file).buffer;
  return parquetReadObjects({ file: bytes, compressors: { ZSTD: (input) => zstdDecompressSync(input) } });
}

test("each key of a record is a column with its type", async () => {
  const bare = { ...RECORD, "Internal-Date": "", Labels: [], Attachments: [], Original: undefined };
  const file = await fileOf([RECORD, bare]);
  const [first, second] = await objectsIn(file);
  expect(first).toMatchObject({
    ...RECORD,
    Attachments: [
      { filename: "a.pdf", size: 5_000_000_000n },
      { contentId: "c@d", inline: true, size: 3n, path: "p" },
    ],
    "Internal-Date": new Date("2023-12-05T09:11:12.345Z"),
    "Size-Estimate": 4321n,
    Original: { sha256: "cd", bytes: 4310n },
  });
  expect(Object.keys(first!)).toEqual(Object.keys(RECORD));
  expect(second).toMatchObject({ Labels: [], Attachments: [] });
  expect([second!["Internal-Date"] ?? null, second!["Original"] ?? null]).toEqual([null, null]);
  const metadata = parquetMetadata(new Uint8Array(file).buffer);
  expect(new Set(metadata.row_groups.flatMap(({ columns }) => columns.map((one) => one.meta_data!.codec)))).toEqual(
    new Set(["ZSTD"]),
  );
  expect(parquetSchema(metadata).children.map(({ element }) => element.name)).toEqual(Object.keys(RECORD));
});

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", "\u0000", "\u{1f5c2}", "\ud800"),
);
const anyRecord = fc.record(
  {
    "Message-ID": anyText,
    Labels: fc.array(anyText),
    Body: fc.record({ plain: anyText, html: anyText }),
    Attachments: fc.array(
      fc.record(
        { filename: anyText, size: fc.maxSafeNat(), inline: fc.constant(true) },
        { requiredKeys: ["filename"] },
      ),
    ),
    "Internal-Date": fc.oneof(
      fc.constant(""),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
    "Size-Estimate": fc.maxSafeNat(),
    Original: fc.record({ sha256: anyText, bytes: fc.maxSafeNat() }),
    later: fc.anything({ withBigInt: false }),
  },
  { requiredKeys: ["Message-ID"] },
);

test("any records are read back as they were, and the same records are the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { maxLength: 20 }), async (records) => {
      const file = await fileOf(records);
      expect(await fileOf(records)).toEqual(file);
      const gists: string[] = [];
      expect(await readParquet(reading(file), records.length, (gist) => gists.push(gist))).toBe(true);
      const asRead = records.map((record): unknown => JSON.parse(JSON.stringify(record)));
      expect(gists).toEqual(asRead.map(parquetGist));
    }),
    { numRuns: 50 },
  );
});

function reading(file: Buffer) {
  return {
    bytes: file.length,
    async *read(start: number, end: number): AsyncGenerator<Buffer> {
      yield file.subarray(start, end);
    },
  };
}

test("many records are written in groups, so that memory is that of one group", async () => {
  const large = { ...RECORD, Body: { plain: "x".repeat(3 << 20), html: "" } };
  const file = await fileOf([large, large, large, large, RECORD]);
  const metadata = parquetMetadata(new Uint8Array(file).buffer);
  expect(metadata.row_groups.map(({ num_rows: rows }) => Number(rows))).toEqual([3, 2]);
  const gists: string[] = [];
  expect(await readParquet(reading(file), 5, (gist) => gists.push(gist))).toBe(true);
  expect(gists.map((gist) => gist.length)).toEqual(
    [large, large, large, large, RECORD].map((one) => parquetGist(one).length),
  );
});

test("what is no Parquet, was cut, or holds another number of records is none", async () => {
  const file = await fileOf([RECORD]);
  for (const other of [Buffer.alloc(0), Buffer.from("PAR1PAR1"), file.subarray(0, -9), file.subarray(100)])
    expect(await readParquet(reading(other), 1, () => {})).toBe(false);
  expect(await readParquet(reading(file), 2, () => {})).toBe(false);
});
