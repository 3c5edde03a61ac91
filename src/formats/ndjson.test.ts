import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { ndjson, readNdjson } from "./ndjson.ts";

const HEAD = { email: "ada@example.com", batch: 3, version: 1 } as const;

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

const fileOf = (records: readonly string[]): Promise<Buffer> =>
  buffer(ndjson(HEAD, each(records.map((record) => Buffer.from(record)))));

async function read(file: Buffer): Promise<{ records: string[]; found: unknown }> {
  const records: string[] = [];
  const found = await readNdjson(each([file]), (line) => records.push(line.toString()));
  return { records, found };
}

test("the first line names the export, each record is a line, and the last line says how many came", async () => {
  const file = await fileOf(['{"a":1}', '{"b":"ü"}']);
  expect(gunzipSync(file).toString()).toBe(
    '{"export":{"email":"ada@example.com","batch":3,"version":1}}\n{"a":1}\n{"b":"ü"}\n{"end":{"count":2}}\n',
  );
});

test("no time and no system stands in it: the same records are the same bytes", async () => {
  const file = await fileOf(['{"a":1}']);
  expect([...file.subarray(4, 10)]).toEqual([0, 0, 0, 0, 0, 255]);
  expect(await fileOf(['{"a":1}'])).toEqual(file);
});

test("any records come back, and a file that was cut off is none", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.json()), fc.nat(), async (records, at) => {
      const file = await fileOf(records);
      expect(await read(file)).toEqual({ records, found: { head: HEAD, count: records.length } });
      expect((await read(file.subarray(0, at % file.length))).found).toBeUndefined();
      const text = gunzipSync(file);
      expect((await read(gzipSync(text.subarray(0, at % text.length)))).found).toBeUndefined();
    }),
  );
});

test("what fails in the records fails the file", async () => {
  const failing = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from("{}");
    throw new Error("the batch was changed");
  };
  await expect(buffer(ndjson(HEAD, failing()))).rejects.toThrow("the batch was changed");
});
