import { Unsupported, type Condition, type Objects, type Part } from "./objects.ts";

/** The least that a part may have which is not the last. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html. */
const PART_BYTES = 5 << 20;

/** The most that is copied with one request; 5 GiB are allowed, and would keep it waiting for minutes. */
const COPIED_BYTES = 1 << 30;

/** Small objects that are read at once, ahead of their turn. */
const READ_AHEAD = 4;

/** What an object is made of: bytes, or bytes of another one. */
export type Source = Uint8Array | StoredBytes;

/** Bytes of an object from `start` up to `end`, as long as it has this ETag. */
export type StoredBytes = Readonly<{ key: string; etag: string; start: number; end: number }>;

/** Asked right before an object gets its name, however long its parts took. */
export type Confirm = () => Promise<Condition | undefined>;

/**
 * An object that is written piece by piece: within one request where it is small, in parts where it is not. There is
 * nothing of it before `finish` resolves, and never more in memory than a part of it.
 */
export type ObjectWriter = AsyncDisposable &
  Readonly<{
    write(chunk: Uint8Array): Promise<void>;
    /** Bytes of another object; the server copies them where they are a part's worth, and it knows how. */
    copy(from: StoredBytes): Promise<void>;
    /**
     * Resolves with the ETag; may be asked again when that threw `Conflict`. `key` is another one than that it was begun for:
     * only while nothing of it `isSent`.
     */
    finish(confirm?: Confirm, key?: string): Promise<string>;
    /** Whether parts of it are at the server. */
    isSent(): boolean;
  }>;

/** `mark` is one that no other write has; `copying` remembers for all writers whether the server copies parts. */
export function writeObject(objects: Objects, key: string, mark: string, copying: { isKnown: boolean }): ObjectWriter {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let upload: string | undefined;
  const parts: Part[] = [];
  let isDone = false;

  const begin = async (): Promise<string> => (upload ??= await objects.beginUpload(key, mark));
  const flush = async (): Promise<void> => {
    const part = Buffer.concat(waiting, bytes);
    waiting = [];
    bytes = 0;
    parts.push(await objects.putPart(key, await begin(), parts.length + 1, part));
  };
  const write = async (chunk: Uint8Array): Promise<void> => {
    for (let done = 0; done < chunk.length;) {
      const piece = chunk.subarray(done, done + PART_BYTES - bytes);
      // A copy: who gave it may use it again.
      waiting.push(Buffer.from(piece));
      bytes += piece.length;
      done += piece.length;
      if (bytes === PART_BYTES) await flush();
    }
  };

  return {
    write,
    async copy({ key: source, etag, start, end }) {
      let at = start;
      const readUpTo = async (to: number): Promise<void> => {
        for await (const chunk of objects.read(source, etag, at, to)) {
          at += chunk.length;
          await write(chunk);
        }
      };
      // What waits is too little for a part: some more is read to it, before the rest is copied.
      const ahead = bytes === 0 ? 0 : PART_BYTES - bytes;
      if (copying.isKnown && end - at - ahead >= PART_BYTES) {
        await readUpTo(at + ahead);
        while (copying.isKnown && end - at >= PART_BYTES) {
          const rest = end - at;
          const to = rest - COPIED_BYTES >= PART_BYTES ? at + COPIED_BYTES : Math.min(end, at + COPIED_BYTES);
          try {
            const from = { key: source, etag, start: at, end: to };
            parts.push(await objects.copyPart(key, await begin(), parts.length + 1, from));
            at = to;
          } catch (error) {
            if (!(error instanceof Unsupported)) throw error;
            copying.isKnown = false;
          }
        }
      }
      if (at < end) await readUpTo(end);
    },
    isSent: () => upload !== undefined,
    async finish(confirm = async () => undefined, final = key) {
      if (upload === undefined)
        return objects.put(final, Buffer.concat(waiting, bytes), { condition: await confirm(), mark });
      if (bytes > 0) await flush();
      const etag = await objects.completeUpload(key, upload, parts, { condition: await confirm(), mark });
      isDone = true;
      return etag;
    },
    async [Symbol.asyncDispose]() {
      if (upload !== undefined && !isDone) await objects.abortUpload(key, upload).catch(() => {}); // why it failed matters more; the next hold clears it
    },
  };
}

/** Writes bytes and other objects, in this order. */
export async function writeSources(objects: Objects, writer: ObjectWriter, sources: readonly Source[]): Promise<void> {
  for await (const source of readAhead(objects, sources)) {
    if (source instanceof Uint8Array) await writer.write(source);
    else await writer.copy(source);
  }
}

/** Small objects come as bytes, some of them read while others are written. */
async function* readAhead(objects: Objects, sources: readonly Source[]): AsyncGenerator<Source> {
  const ahead: Promise<Source>[] = [];
  const begin = (source: Source | undefined): void => {
    if (source === undefined) return;
    const reading = isSmall(source) ? readAll(objects, source) : Promise.resolve(source);
    reading.catch(() => {}); // it is met in its turn
    ahead.push(reading);
  };
  for (const source of sources.slice(0, READ_AHEAD)) begin(source);
  for (let next = READ_AHEAD; ahead.length > 0; next += 1) {
    const source = await ahead.shift()!;
    begin(sources[next]);
    yield source;
  }
}

function isSmall(source: Source): source is StoredBytes {
  return !(source instanceof Uint8Array) && source.end - source.start < PART_BYTES;
}

async function readAll(objects: Objects, { key, etag, start, end }: StoredBytes): Promise<Uint8Array> {
  if (start === end) return new Uint8Array();
  return Buffer.concat(await Array.fromAsync(objects.read(key, etag, start, end)));
}
