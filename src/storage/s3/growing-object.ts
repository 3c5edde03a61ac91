import { HoldLost, refuse } from "../../core/errors.ts";
import type { BucketFolder } from "./bucket.ts";
import { writeObject, writeSources, type ObjectWriter, type Source } from "./requests/write-object.ts";
import {
  countedSegments,
  firstBytes,
  listSegments,
  removeSegments,
  segmentKey,
  type Segment,
  type Segments,
} from "./segments.ts";

/** With so many segments they are put together: fewer requests to read them, and a server is asked for a page at a time. */
const MOST_SEGMENTS = 100;

/** A file that grows in a bucket. When anything failed it takes nothing more: nobody knows what of it is there. */
type GrowingObject = Readonly<{
  append(bytes: Uint8Array): Promise<void>;
  /** Makes one object of it, `publish` gives that its name, and the segments are gone. Resolves with bytes and ETag. */
  seal(
    end: Uint8Array,
    publish: (writer: ObjectWriter) => Promise<string>,
  ): Promise<Readonly<{ bytes: number; etag: string }>>;
}>;

/** The writing side of a hold: its number, what it wrote under each name last, and marks that no other write has. */
export type Numbering = Readonly<{ number: number; last: Map<string, number>; nextMark: () => string }>;

export async function growObject(
  { bucket, folder, place }: BucketFolder,
  { number, last, nextMark }: Numbering,
  name: string,
  keep: number,
  first: Uint8Array,
): Promise<GrowingObject> {
  const { objects, copying } = bucket;
  const found = await listSegments(objects, folder, name);
  if (found.current.some((one) => one.number > number))
    throw new HoldLost(`Another process writes ${name} in ${place} now.`);
  const mine = [...found.current, ...found.abandoned].filter((one) => one.number === number).map(({ n }) => n);
  let n = Math.max(0, last.get(name) ?? 0, ...mine);
  const nextKey = (isBase: boolean): string => {
    last.set(name, (n += 1));
    return segmentKey(folder, name, number, n, isBase);
  };
  const changed = (): Error =>
    refuse("disk", `${name} in ${place} changed while it was being read.`, "Start the same export again.");

  let segments: readonly Segment[] = [];
  const put = async (bytes: Uint8Array, isBase: boolean): Promise<void> => {
    const key = nextKey(isBase);
    const etag = await objects.put(key, bytes);
    segments = [...(isBase ? [] : segments), { key, etag, bytes: bytes.length, number, n, isBase }];
  };
  /** All that counts, in one segment that takes the place of all others. */
  const rebase = async (sources: readonly Source[], bytes: number, before: Segments): Promise<void> => {
    const key = nextKey(true);
    await using writer = writeObject(objects, key, nextMark(), copying);
    await writeSources(objects, writer, sources);
    const etag = await writer.finish();
    segments = [{ key, etag, bytes, number, n, isBase: true }];
    await removeSegments(objects, { current: [], abandoned: [...before.abandoned, ...before.current], bytes: 0 });
  };

  if (keep > found.bytes) throw changed();
  const isWhole = keep === found.bytes && found.current.at(-1)?.number === number && found.abandoned.length === 0;
  if (keep > 0 && isWhole) {
    segments = found.current;
    if (first.length > 0) await put(first, false);
  } else await rebase([...firstBytes(found, keep), first], keep + first.length, found);

  let hasFailed = false;
  const unlessFailed = async <T>(work: () => Promise<T>): Promise<T> => {
    if (hasFailed) throw new Error("a growing file of which a write failed was written again");
    try {
      return await work();
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  return {
    append: (bytes) =>
      unlessFailed(async () => {
        if (bytes.length === 0) return;
        await put(bytes, false);
        if (segments.length < MOST_SEGMENTS) return;
        const whole = countedSegments(segments);
        await rebase(firstBytes(whole, whole.bytes), whole.bytes, whole);
      }),
    seal: (end, publish) =>
      unlessFailed(async () => {
        const whole = countedSegments(segments);
        await using writer = writeObject(objects, folder + name, sealedMark(segments), copying);
        await writeSources(objects, writer, [...firstBytes(whole, whole.bytes), end]);
        const etag = await publish(writer);
        await removeSegments(objects, whole);
        return { bytes: whole.bytes + end.length, etag };
      }),
  };
}

/** By this mark an object tells of which segments it was made: those that a crash left beside it count no more. */
export function sealedMark(segments: readonly Segment[]): string {
  const last = segments.at(-1);
  return `sealed-${last?.number}-${last?.n}-${last?.etag}`;
}
