import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { gatherBytes, unpack } from "./large-body.ts";
import { parseLargeJson } from "./set-aside.ts";

const MB = 1 << 20;

test.each([
  ["as it is", (json: Buffer) => json],
  ["compressed", (json: Buffer) => gzipSync(json)],
])(
  "an answer that comes %s is never held twice: its blocks are given back, and contents stay in the memory it was unpacked into",
  async (_, send) => {
    const content = randomBytes(5 * MB);
    const json = Buffer.from(JSON.stringify({ id: "1", body: { data: content.toString("base64url") } }));
    const sent = send(json);
    const gathered = gatherBytes();
    gathered.add(sent);
    const blocks = gathered.blocks();
    const isCompressed = sent !== json;
    const answer = await unpack({ blocks, bytes: sent.length, isCompressed, mostBytes: 8 * MB, anyBytes: 128 * MB });
    expect(answer.equals(json)).toBe(true);
    expect(blocks.filter(({ detached }) => !detached)).toEqual([]);

    const memory = answer.buffer;
    expect(parseLargeJson(answer)!.bytes).toBe(memory); // not a copy
    expect(memory.byteLength).toBe(content.length);
    expect(content.equals(new Uint8Array(memory))).toBe(true);
  },
);
