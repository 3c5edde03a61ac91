import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createGunzip } from "./gunzip.ts";

const MAX_BYTES = 300_000;

/** What was compressed, or why it cannot come out. */
const original = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
  // Around one, two and four pieces; random bytes, so that they stay long when compressed.
  fc
    .tuple(fc.constantFrom(65_536, 131_072, 262_144), fc.integer({ min: -2, max: 2 }), fc.integer())
    .map(([size, more, seed]) => noise(size + more, seed)),
);
const answer = fc.oneof(
  original.map((bytes) => ({ body: gzipSync(bytes), bytes })),
  fc.tuple(original, fc.double({ min: 0, max: 0.999, noNaN: true })).map(([bytes, share]) => {
    const whole = gzipSync(bytes);
    return { body: whole.subarray(0, Math.floor(whole.length * share)), bytes: undefined };
  }),
  fc
    .uint8Array({ maxLength: 100 })
    .map((bytes) => ({ body: Buffer.concat([Buffer.from([1]), bytes]), bytes: undefined })),
  original.map((bytes) => ({ body: Buffer.concat([gzipSync(bytes), Buffer.from("\0more")]), bytes: undefined })),
  fc.constant({ body: gzipSync(Buffer.alloc(MAX_BYTES + 1)), bytes: undefined }),
);

test("every answer comes out as it went in or not at all, whatever was broken before it", () =>
  fc.assert(
    fc.asyncProperty(fc.array(answer, { maxLength: 12 }), async (answers) => {
      const gunzip = createGunzip(MAX_BYTES);
      const results = await Promise.allSettled(answers.map(({ body }) => gunzip(body)));
      for (const [index, { bytes }] of answers.entries()) {
        const result = results[index]!;
        expect(result.status).toBe(bytes ? "fulfilled" : "rejected");
        if (result.status === "fulfilled") expect(result.value.equals(bytes!)).toBe(true);
      }
    }),
    { numRuns: 60 },
  ));

test("what is larger than allowed is told from what is broken", async () => {
  const gunzip = createGunzip(1_000);
  await expect(gunzip(gzipSync(Buffer.alloc(1_001)))).rejects.toBeInstanceOf(RangeError);
  await expect(gunzip(Buffer.alloc(100))).rejects.not.toBeInstanceOf(RangeError);
  expect(await gunzip(gzipSync(Buffer.alloc(1_000)))).toHaveLength(1_000);
});

function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed | 1;
  for (let at = 0; at < size; at += 1) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
