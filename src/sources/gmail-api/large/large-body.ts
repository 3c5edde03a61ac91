import { gunzipSync } from "node:zlib";

import { ExportError, refuse } from "../../../core/errors.ts";

/** More than almost any mail has. What is larger is unpacked and read on a thread of its own. */
export const LARGE_BYTES = 1 << 20;

/**
 * The body of a large answer as it came, in blocks of a megabyte that can be handed to another thread; the last one is
 * filled in part. It may have `mostBytes`, unpacked; `anyBytes` is what any answer may have.
 */
export type LargeBody = Readonly<{
  blocks: readonly ArrayBuffer[];
  bytes: number;
  isCompressed: boolean;
  mostBytes: number;
  anyBytes: number;
}>;

/** What has come of a body: in one piece while it is small, in blocks when it is large. */
export type Gathered = Readonly<{
  add(chunk: Buffer): void;
  size(): number;
  /** What it will be decompressed: gzip says so in its last four bytes (RFC 1952 §2.3.1), if nobody lies. */
  unpackedSize(): number;
  /** While it is small. */
  whole(): Buffer;
  blocks(): readonly ArrayBuffer[];
}>;

/** The chunks of a large body are copied as they come: each would hold memory of its socket until it is collected. */
export function gatherBytes(): Gathered {
  let chunks: Buffer[] = [];
  const blocks: ArrayBuffer[] = [];
  let size = 0;
  let copied = 0;
  const copy = (chunk: Buffer): void => {
    for (let from = 0; from < chunk.length;) {
      const at = copied % LARGE_BYTES;
      if (at === 0) blocks.push(new ArrayBuffer(LARGE_BYTES));
      const count = chunk.copy(new Uint8Array(blocks.at(-1)!), at, from);
      from += count;
      copied += count;
    }
  };
  const copyAll = (): void => {
    chunks.forEach(copy);
    chunks = [];
  };
  const byteAt = (at: number): number => {
    if (copied > 0) return new Uint8Array(blocks[Math.trunc(at / LARGE_BYTES)]!)[at % LARGE_BYTES]!;
    let from = at;
    for (const chunk of chunks)
      if (from < chunk.length) return chunk[from]!;
      else from -= chunk.length;
    return 0;
  };
  return {
    add(chunk) {
      size += chunk.length;
      chunks.push(chunk);
      if (size > LARGE_BYTES) copyAll();
    },
    size: () => size,
    unpackedSize: () =>
      size < 18 ? size : [4, 3, 2, 1].reduceRight((sum, back) => sum * 256 + byteAt(size - back), 0),
    whole: () => Buffer.concat(chunks, size),
    blocks() {
      copyAll();
      return blocks;
    },
  };
}

/** The body in one piece, decompressed, in memory of its own. The blocks are used up. Throws what cannot be read, or is too large. */
export function unpack({ blocks, bytes, isCompressed, mostBytes, anyBytes }: LargeBody): Buffer<ArrayBuffer> {
  const packed = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const block of blocks) {
    packed.set(new Uint8Array(block, 0, Math.min(block.byteLength, bytes - at)), at);
    at += block.byteLength;
    free(block);
  }
  if (!isCompressed) return packed;
  try {
    const body = gunzip(packed, mostBytes);
    if (!body) throw tooLarge(mostBytes, anyBytes);
    if (body.length > LARGE_BYTES) return body;
    const own = Buffer.allocUnsafeSlow(body.length); // small ones share their memory with others
    own.set(body);
    return own;
  } finally {
    free(packed.buffer);
  }
}

/** Gives memory back now, rather than when it is collected. */
export function free(buffer: ArrayBuffer): void {
  if (!buffer.detached) buffer.transfer(0);
}

/** Undefined where it comes to more than `mostBytes`. Throws `malformed_response` where it cannot be read. */
export function gunzip(packed: Buffer, mostBytes: number): Buffer<ArrayBuffer> | undefined {
  // A byte more than it says: else zlib would put many pieces together, and hold all of it twice.
  const told = packed.length < 18 ? 0 : packed.readUInt32LE(packed.length - 4);
  const chunkSize = Math.min(Math.max(told + 1, 16 << 10), mostBytes + 1);
  try {
    return gunzipSync(packed, { maxOutputLength: mostBytes, chunkSize });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw new ExportError({
      code: "malformed_response",
      retry: "backoff",
      message: "Gmail's answer was compressed and could not be read.",
      next: "Try again; if it goes on, look for a proxy that changes Google's answers.",
    });
  }
}

/** Fewer than any one message may have. */
const SMALL_BYTES = 32 << 20;

/** `any` is what any answer may have. */
export function tooLarge(most: number, any: number): ExportError {
  if (most < any && most <= SMALL_BYTES)
    return new ExportError({
      code: "malformed_response",
      retry: "backoff",
      message: "Gmail's answer is many times larger than such answers are.",
      next: "Try again; if it goes on, look for a proxy that changes Google's answers.",
    });
  return refuse(
    "bad_request",
    `Gmail's answer is larger than ${most >> 20} MB.`,
    "Open this message in Gmail: it is larger than any message Gmail accepts.",
  );
}
