import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

import { unreadable } from "../calls/malformed-answer.ts";

/** What may wait to be read of an answer; more of it is not let in. */
const MOST_WAITING = 1 << 18;

/** An answer's chunks on their way from the socket to who reads them. */
export type ChunkFlow = Readonly<{
  /** Undefined: let more in; else a promise to wait for before that. */
  add(chunk: Buffer): Promise<void> | undefined;
  /** Bytes that came so far. */
  size(): number;
  end(): void;
  /** The reader is thrown this behind what it has read. */
  fail(reason: unknown): void;
  /** To be iterated over once. */
  chunks: AsyncIterable<Buffer>;
}>;

export function createChunkFlow(): ChunkFlow {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let size = 0;
  let over: Readonly<{ failure?: unknown }> | undefined;
  let isLeft = false;
  let wakeReader = (): void => {};
  let makeRoom = (): void => {};
  let room: Promise<void> | undefined;
  const openRoom = (): void => {
    room = undefined;
    makeRoom();
  };
  return {
    add(chunk) {
      size += chunk.length;
      if (isLeft || over) return undefined;
      waiting.push(chunk);
      waitingBytes += chunk.length;
      wakeReader();
      if (waitingBytes <= MOST_WAITING) return undefined;
      return (room ??= new Promise((resolve) => (makeRoom = resolve)));
    },
    size: () => size,
    end() {
      over ??= {};
      wakeReader();
    },
    fail(failure) {
      over ??= { failure };
      wakeReader();
      openRoom();
    },
    chunks: {
      async *[Symbol.asyncIterator]() {
        try {
          for (;;) {
            const chunks = waiting;
            waiting = [];
            yield* chunks;
            waitingBytes = waiting.reduce((sum, { length }) => sum + length, 0);
            if (waiting.length > 0) continue;
            if (over && "failure" in over) throw over.failure;
            if (over) return;
            openRoom();
            await new Promise<void>((resolve) => (wakeReader = resolve));
          }
        } finally {
          isLeft = true;
          waiting = [];
          openRoom();
        }
      },
    },
  };
}

/** Decompresses what comes. Throws what `tooLarge` makes where it comes to more than `mostBytes`. */
export async function* gunzipStream(
  chunks: AsyncIterable<Buffer>,
  mostBytes: number,
  tooLarge: () => Error,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  pipeline(chunks, gunzip).catch(() => {}); // who reads what comes out is thrown the same
  let size = 0;
  try {
    for await (const chunk of gunzip) {
      const bytes: Buffer = chunk;
      size += bytes.length;
      if (size > mostBytes) throw tooLarge();
      yield bytes;
    }
  } catch (error) {
    throw isOfZlib(error) ? unreadable() : error;
  } finally {
    gunzip.destroy();
  }
}

function isOfZlib(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
