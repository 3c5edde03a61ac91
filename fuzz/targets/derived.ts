import { buffer } from "node:stream/consumers";

import { ndjson, readNdjson } from "../../src/formats/ndjson.ts";
import { must, type Target } from "../target.ts";

const RECORD = {
  "Message-ID": "18c2",
  Labels: ["INBOX", "Label_7"],
  Body: { plain: "hello", html: "<p>hello" },
  Attachments: [{ filename: "a.pdf", size: 3, inline: true }],
  "Internal-Date": "2023-12-05T09:11:12.000Z",
  "Size-Estimate": 4321,
};
const COUNT = 5;

async function* records(): AsyncGenerator<Buffer> {
  for (let n = 0; n < COUNT; n += 1) yield Buffer.from(JSON.stringify({ ...RECORD, "Message-ID": String(n) }));
}

async function* each(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

/**
 * Lines that were made of a batch, changed: what reads them says what they hold, or that they are none. Columns are never
 * read but where their hash is the one that was noted.
 */
export const derived: Target = {
  name: "derived",
  share: 30,
  async open() {
    return {
      seeds: [await buffer(ndjson({ email: "ada@example.com", batch: 1, version: 1 }, records()))],
      async feed(input) {
        let told = 0;
        const add = (): void => void (told += 1);
        const found = await readNdjson(each([input]), add);
        const count = found?.count;
        must(count === undefined || count === told, "another number of records than was told", `${count} ${told}`);
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
