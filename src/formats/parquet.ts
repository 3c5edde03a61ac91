import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

// Both libraries are loaded by what needs them: fifty files, for a format that few ask for.
import type { AsyncBuffer, SchemaElement } from "hyparquet";
import type { ColumnSource } from "hyparquet-writer";

import { failureOf } from "../core/errors.ts";
import { parseRecord } from "./batch.ts";

/**
 * Records as columns of an Apache Parquet file (docs/format.md §4): one for each key, under its name, with its type.
 * `Internal-Date` is a moment, null where a record has none; lists and what is in them are lists and structs.
 */
type Kind = "text" | "integer" | "flag" | "moment";

type Column = Readonly<
  { name: string } & (
    | { kind: Kind }
    | { kind: "struct"; fields: readonly Column[] }
    | { kind: "list"; of: Kind | readonly Column[] }
  )
>;

const text = (name: string): Column => ({ name, kind: "text" });

const COLUMNS: readonly Column[] = [
  text("Message-ID"),
  text("Thread-ID"),
  { name: "Labels", kind: "list", of: "text" },
  text("Date"),
  text("From"),
  text("To"),
  text("Subject"),
  { name: "Body", kind: "struct", fields: [text("plain"), text("html")] },
  {
    name: "Attachments",
    kind: "list",
    of: [
      text("id"),
      text("filename"),
      text("mimeType"),
      { name: "size", kind: "integer" },
      text("partId"),
      text("contentId"),
      { name: "inline", kind: "flag" },
      text("sha256"),
      text("path"),
    ],
  },
  text("Snippet"),
  text("Cc"),
  text("Bcc"),
  text("Reply-To"),
  { name: "Internal-Date", kind: "moment" },
  { name: "Label-Names", kind: "list", of: "text" },
  text("RFC822-Message-ID"),
  text("In-Reply-To"),
  text("References"),
  { name: "Size-Estimate", kind: "integer" },
  { name: "Original", kind: "struct", fields: [text("sha256"), { name: "bytes", kind: "integer" }] },
];

const OPTIONAL = "OPTIONAL" as const;

function schemaOf(column: Column): SchemaElement[] {
  const { name } = column;
  switch (column.kind) {
    case "struct":
      return [
        { name, repetition_type: OPTIONAL, num_children: column.fields.length },
        ...column.fields.flatMap(schemaOf),
      ];
    case "list": {
      const element: Column =
        typeof column.of === "string"
          ? { name: "element", kind: column.of }
          : { name: "element", kind: "struct", fields: column.of };
      return [
        { name, repetition_type: OPTIONAL, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        ...schemaOf(element),
      ];
    }
    case "text":
      return [
        {
          name,
          type: "BYTE_ARRAY",
          repetition_type: OPTIONAL,
          converted_type: "UTF8",
          logical_type: { type: "STRING" },
        },
      ];
    case "integer":
      return [{ name, type: "INT64", repetition_type: OPTIONAL }];
    case "flag":
      return [{ name, type: "BOOLEAN", repetition_type: OPTIONAL }];
    case "moment":
      return [
        {
          name,
          type: "INT64",
          repetition_type: OPTIONAL,
          converted_type: "TIMESTAMP_MILLIS",
          logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
        },
      ];
  }
}

const SCHEMA: SchemaElement[] = [{ name: "root", num_children: COLUMNS.length }, ...COLUMNS.flatMap(schemaOf)];

/** A value of a record as its column holds it; null where it is missing, or of another type. */
function cellOf(column: Column, value: unknown): unknown {
  switch (column.kind) {
    case "struct":
      return typeof value === "object" && value !== null && !Array.isArray(value) ? rowOf(column.fields, value) : null;
    case "list": {
      if (!Array.isArray(value)) return null;
      const { of } = column;
      const element: Column =
        typeof of === "string" ? { name: "element", kind: of } : { name: "element", kind: "struct", fields: of };
      return value.map((one) => cellOf(element, one));
    }
    case "text":
      return typeof value === "string" ? value.toWellFormed() : null;
    case "integer":
      return Number.isSafeInteger(value) ? BigInt(Number(value)) : null;
    case "flag":
      return typeof value === "boolean" ? value : null;
    case "moment": {
      const moment = typeof value === "string" && value !== "" ? Date.parse(value) : Number.NaN;
      return Number.isNaN(moment) ? null : new Date(moment);
    }
  }
}

function rowOf(columns: readonly Column[], value: object): Record<string, unknown> {
  const given = new Map<string, unknown>(Object.entries(value));
  return Object.fromEntries(columns.map((column) => [column.name, cellOf(column, given.get(column.name))]));
}

/** Bytes of records that are written as one group of rows: all that is in memory at once, if not for a record that is larger. */
const GROUP_BYTES = 8 << 20;

const LEVEL = 3;

/** zstd is read by DuckDB, Arrow, Polars and Spark; without the size of its content the same library always makes the same bytes. */
const compressors = {
  ZSTD: (bytes: Uint8Array): Uint8Array =>
    zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } }),
};

/**
 * The file that holds these records, each one line of JSON, in groups of rows. The same records make the same bytes. A line
 * that is not JSON makes a row of nulls: whoever reads it from a disk finds out that it was changed.
 */
export async function* parquet(records: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: SCHEMA,
    codec: "ZSTD",
    compressors,
    statistics: false,
    createdBy: "gmail-export",
  });
  const take = (): Buffer => {
    const bytes = Buffer.from(writer.getBytes()); // a copy: the writer goes on in the same memory
    writer.index = 0;
    return bytes;
  };
  let rows: Record<string, unknown>[] = [];
  let bytes = 0;
  const writeGroup = async (): Promise<Buffer> => {
    const columnData = COLUMNS.map((column): ColumnSource => {
      const { name, kind } = column;
      return {
        name,
        data: rows.map((row) => row[name]),
        statistics: kind === "moment" || kind === "integer",
        ...(name === "Body" && { encoding: "PLAIN" as const }),
      };
    });
    await file.write({ columnData, rowGroupSize: rows.length });
    rows = [];
    bytes = 0;
    return take();
  };
  for await (const record of records) {
    rows.push(rowOf(COLUMNS, Object(parseRecord(Buffer.from(record).toString()))));
    bytes += record.length;
    if (bytes >= GROUP_BYTES) yield await writeGroup();
  }
  if (rows.length > 0) yield await writeGroup();
  await file.finish();
  yield take();
}

/** What such a file says of one record, as a text that is the same whichever way it was come by. */
export function parquetGist(record: unknown): string {
  return gistOf(rowOf(COLUMNS, Object(record)));
}

/** Without what is null: readers differ in whether they name it. */
function gistOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === "bigint") return one.toString();
    return one === null ? undefined : one;
  });
}

const decompressors = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdDecompressSync(bytes) };

/** A file that can be read in any place. */
type Content = Readonly<{ bytes: number; read(start: number, end: number): AsyncIterable<Uint8Array> }>;

/**
 * Reads such a file of so many records, a group of rows at a time: the gist of each record in turn. False when it is not
 * one. To be called of a file that is known to be as it was written, by its hash: the library that reads it expects that.
 */
export async function readParquet(content: Content, count: number, onGist: (gist: string) => void): Promise<boolean> {
  const file: AsyncBuffer = {
    byteLength: content.bytes,
    async slice(start, end = content.bytes) {
      const from = start < 0 ? content.bytes + start : start;
      const chunks = await Array.fromAsync(content.read(from, end));
      const all = new Uint8Array(Buffer.concat(chunks));
      return all.buffer;
    },
  };
  const { parquetMetadataAsync, parquetRead, parquetReadObjects } = await import("hyparquet");
  try {
    const metadata = await parquetMetadataAsync(file);
    const groups = metadata.row_groups.map((group) => Number(group.num_rows));
    const sum = groups.reduce((total, rows) => total + rows, 0);
    if (sum !== count || groups.some((rows) => !(rows > 0))) return false;
    let rowStart = 0;
    for (const rowCount of groups) {
      const rowEnd = rowStart + rowCount;
      const group = { file, metadata, rowStart, rowEnd, compressors: decompressors };
      // Where one column cannot be read, the library forgets the others when it joins them, and what they throw would end
      // this process: it is asked first whether all of them can be.
      await parquetRead(group);
      const rows = await parquetReadObjects(group);
      for (const row of rows) onGist(gistOf(row));
      rowStart = rowEnd;
    }
    return true;
  } catch (error) {
    if (failureOf(error)) throw error;
    return false; // the library throws plain errors of many kinds at what is no Parquet
  }
}
