import { finished } from "node:stream/promises";
import { createGunzip, gunzipSync } from "node:zlib";

import { ExportError, failureOf, refuse } from "../../../core/errors.ts";
import { unreadable } from "../calls/malformed-answer.ts";

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

/**
 * The body in one piece, decompressed, in memory of its own that `shrink` can give back in part. The blocks are used up,
 * each given back as soon as it was read, so that never much more than the larger of the two is held. Throws what cannot be
 * read, or is too large.
 */
export async function unpack({
  blocks,
  bytes,
  isCompressed,
  mostBytes,
  anyBytes,
}: LargeBody): Promise<Buffer<ArrayBuffer>> {
  const memory = new ArrayBuffer(0, { maxByteLength: isCompressed ? mostBytes : bytes });
  const append = (piece: Uint8Array): void => {
    const at = memory.byteLength;
    if (at + piece.length > memory.maxByteLength) throw tooLarge(mostBytes, anyBytes);
    memory.resize(at + piece.length);
    new Uint8Array(memory).set(piece, at);
  };
  let left = bytes;
  const pieces = blocks.map((block) => {
    const piece = new Uint8Array(block, 0, Math.min(block.byteLength, left));
    left -= piece.length;
    return piece;
  });
  if (isCompressed) await gunzipEach(pieces, append);
  else
    for (const piece of pieces) {
      append(piece);
      free(piece.buffer);
    }
  return Buffer.from(memory);
}

/** Decompresses pieces, each given back once it was read, and what comes of them, once `append` has it. */
async function gunzipEach(pieces: readonly Uint8Array<ArrayBuffer>[], append: (piece: Buffer) => void): Promise<void> {
  const stream = createGunzip({ chunkSize: LARGE_BYTES });
  const ended = finished(stream);
  ended.catch(() => {}); // heard below
  stream.on("data", (piece: Buffer<ArrayBuffer>) => {
    try {
      append(piece);
      if (piece.length === piece.buffer.byteLength) free(piece.buffer); // full, so that nothing more is written there
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
    }
  });
  try {
    for (const piece of pieces) {
      await new Promise<void>((resolve, reject) => stream.write(piece, (error) => (error ? reject(error) : resolve())));
      free(piece.buffer);
    }
    stream.end();
    await ended;
  } catch (error) {
    throw failureOf(error) ? error : unreadable();
  }
}

/** Gives back what is behind so many bytes. */
export function shrink(memory: ArrayBuffer, bytes: number): ArrayBuffer {
  if (!memory.resizable) return memory.transfer(bytes); // which holds both for a moment
  memory.resize(bytes);
  return memory;
}

/** Gives memory back now, rather than when it is collected. */
export function free(buffer: ArrayBuffer): void {
  if (!buffer.detached) buffer.transferToFixedLength(0);
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
    throw unreadable();
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
