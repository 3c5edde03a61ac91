import { refuse } from "../../core/errors.ts";
import type { StoredContent } from "../../core/ports/storage.ts";
import type { BucketFolder } from "./bucket.ts";
import { Conflict } from "./failures.ts";
import type { Objects } from "./requests/objects.ts";
import { listSegments, stampOf, type Segments } from "./segments.ts";

/** What opening reads: most files are no larger, and need no other request. */
const FIRST_BYTES = 1 << 16;

/** No piece is larger. */
const CHUNK = 1 << 18;

/** Opens an object. What is read of it is one file's; where another took its place, what was not read yet is refused. */
export async function openObject(at: BucketFolder, name: string): Promise<StoredContent | undefined> {
  const { bucket, folder } = at;
  const key = folder + name;
  const first = await bucket.objects.readPiece(key, 0, FIRST_BYTES);
  if (!first) return undefined;
  const { etag, total, bytes: head } = first;
  return {
    name,
    bytes: total,
    stamp: etag,
    async *read(start = 0, end = total) {
      const to = Math.min(end, total);
      if (start < Math.min(to, head.length)) yield Buffer.from(head.subarray(start, to));
      const from = Math.max(start, head.length);
      if (from < to) yield* inPieces(orReplaced(at, name, bucket.objects.read(key, etag, from, to)));
    },
    async [Symbol.asyncDispose]() {},
  };
}

/**
 * Opens what grows under a name, as far as it has come. Its segments may be put together, or sealed, while it is read: what
 * was not read yet is looked for where it lies then.
 */
export async function openGrowing(at: BucketFolder, name: string): Promise<StoredContent | undefined> {
  const { bucket, folder } = at;
  const opened = await listSegments(bucket.objects, folder, name);
  if (opened.current.length === 0) return undefined;
  const total = opened.bytes;
  return {
    name,
    bytes: total,
    stamp: stampOf(opened),
    async *read(start = 0, end = total) {
      const to = Math.min(end, total);
      let position = start;
      let segments = opened;
      for (let moves = 1; ; moves += 1) {
        try {
          for await (const chunk of inPieces(readSegments(bucket.objects, segments, position, to))) {
            position += chunk.length;
            yield chunk;
          }
          return;
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
          if (moves === MOST_MOVES) throw replaced(at, name, error);
        }
        segments = await listSegments(bucket.objects, folder, name);
        if (segments.bytes >= total) continue;
        const sealed = await openObject(at, name);
        if (!sealed || sealed.bytes < total) throw replaced(at, name, undefined);
        yield* sealed.read(position, to);
        return;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Segments were put together so often while they were read. */
const MOST_MOVES = 5;

async function* readSegments(objects: Objects, segments: Segments, start: number, end: number): AsyncGenerator<Buffer> {
  let from = 0;
  for (const { key, etag, bytes } of segments.current) {
    const [first, last] = [Math.max(start, from), Math.min(end, from + bytes)];
    if (first < last) yield* objects.read(key, etag, first - from, last - from);
    from += bytes;
  }
}

async function* inPieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks)
    for (let done = 0; done < chunk.length; done += CHUNK) yield chunk.subarray(done, done + CHUNK);
}

async function* orReplaced(at: BucketFolder, name: string, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    throw error instanceof Conflict ? replaced(at, name, error) : error;
  }
}

function replaced({ place }: BucketFolder, name: string, cause: unknown): Error {
  return refuse("disk", `${name} in ${place} was replaced while it was being read.`, "Do the same again.", { cause });
}
