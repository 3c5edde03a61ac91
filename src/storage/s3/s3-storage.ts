import { createHash } from "node:crypto";

import { HoldLost } from "../../core/errors.ts";
import { formatBucketPlace, parseBucketPlace } from "../../core/export/place.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Holds } from "../../core/ports/holds.ts";
import type { OpenStorage, Storage, StoredEntry } from "../../core/ports/storage.ts";
import type { Bucket, BucketFolder } from "./bucket.ts";
import { clearLeftovers, NEW } from "./clear-leftovers.ts";
import { Conflict } from "./failures.ts";
import { growObject, type Numbering } from "./growing-object.ts";
import { holdFolder, isHeldElsewhere, type HeldFolder } from "./hold.ts";
import { openGrowing, openObject } from "./read-content.ts";
import type { Objects } from "./requests/objects.ts";
import { writeObject, type Confirm } from "./requests/write-object.ts";
import { listGrowing, listSegments, removeSegments, stampOf, type Segment } from "./segments.ts";

type Parts = Readonly<{
  /** The bucket of this name. */
  open: (bucket: string) => Bucket;
  holds: Holds;
  clock: Clock;
  /** Names all processes that share the state that `holds` is of. */
  deployment: () => Promise<string>;
}>;

/**
 * `objects` are asked while the hold lasts, and not tried again for minutes behind its end: another may have sealed, and
 * removed, by then what would come to be. `etags` are those of the files that lie in no folder, as this writer saw or wrote
 * them last.
 */
type Held = HeldFolder & Numbering & Readonly<{ objects: Objects; etags: Map<string, string> }>;

/** So often another writer's file is written over, each time when the hold was made sure of. */
const MOST_CONFLICTS = 3;

/**
 * Export directories in buckets of S3 and of what speaks like it: `s3://bucket/prefix` each. A file is an object; one that
 * grows is a run of numbered segments (segments.ts) that become one object when it is sealed. What a server answered for is
 * durable; nothing else is believed to be there, or not to be.
 */
export function s3Storage(parts: Parts): OpenStorage {
  return (place) => storageOf(place, parts);
}

function storageOf(given: string, { open, holds, clock, deployment }: Parts): Storage {
  const { bucket: name, prefix } = parseBucketPlace(given);
  const place = formatBucketPlace({ bucket: name, prefix });
  const folder = prefix === "" ? "" : `${prefix}/`;
  const bucket = open(name);
  const { objects, copying } = bucket;
  const at: BucketFolder = { bucket, folder, place };
  const withObjects = (theirs: Objects): BucketFolder => ({ ...at, bucket: { ...bucket, objects: theirs } });
  let held: Held | undefined;
  let holdsTaken = 0;

  const writing = (): Held => {
    if (!held) throw new RangeError("a directory must be held before it is written");
    held.assertStillHeld();
    return held;
  };

  /**
   * Gives a file its name while the hold is ours, and nobody else gave it to another meanwhile. A writer that was held up
   * may have done so: then the hold is made sure of, and what that wrote is written over.
   */
  const publish = async (file: string, finish: (confirm: Confirm) => Promise<string>): Promise<string> => {
    const mine = writing();
    // In folders a name stands for one content, whoever writes it.
    if (file.includes("/"))
      return finish(async () => {
        mine.assertStillHeld();
        return undefined;
      });
    for (let tries = 1; ; tries += 1)
      try {
        const etag = await finish(async () => {
          await mine.confirm();
          if (!(await bucket.knowsConditions(folder))) return undefined;
          const before = mine.etags.get(file);
          return before === undefined ? { absent: true } : { etag: before };
        });
        mine.etags.set(file, etag);
        return etag;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        await mine.confirm();
        if (tries === MOST_CONFLICTS) throw new HoldLost(`Another process writes ${file} in ${place}.`);
        const found = await mine.objects.look(folder + file);
        if (found) mine.etags.set(file, found.etag);
        else mine.etags.delete(file);
      }
  };

  return {
    place,

    async resolvePlace() {
      for await (const _ of objects.list(folder)) return place;
      return undefined;
    },

    async list() {
      let isThere = false;
      const found: StoredEntry[] = [];
      for await (const { key, bytes, etag } of objects.list(folder, () => (isThere = true))) {
        isThere = true;
        if (!key.endsWith("/")) found.push({ name: key.slice(folder.length), bytes, stamp: etag, growing: false });
      }
      if (!isThere) return undefined;
      for (const [file, segments] of await listGrowing(objects, folder))
        if (segments.current.length > 0)
          found.push({ name: file, bytes: segments.bytes, stamp: stampOf(segments), growing: true });
      return found;
    },

    async *namesIn(within) {
      for await (const { key } of objects.list(`${folder}${within}/`))
        if (!key.endsWith("/")) yield key.slice(folder.length);
    },

    open: (file, growing) => (growing ? openGrowing(at, file) : openObject(at, file)),

    async put(file, chunks) {
      const { number, nextMark, objects: ours } = writing();
      const hash = createHash("sha256");
      let bytes = 0;
      const mark = nextMark();
      const begun = typeof file === "string" ? file : `${NEW}/${number}-${mark}`;
      await using writer = writeObject(ours, folder + begun, mark, copying);
      for await (const chunk of chunks) {
        await writer.write(chunk);
        hash.update(chunk);
        bytes += chunk.length;
      }
      const sha256 = hash.digest("hex");
      const final = typeof file === "string" ? file : file(sha256);
      const stored = (etag: string) => ({ name: final, bytes, stamp: etag, sha256 });
      if (final === begun || !writer.isSent())
        return stored(await publish(final, (confirm) => writer.finish(confirm, folder + final)));
      // It was too large to wait for its name: the server copies it there.
      const whole = { key: folder + begun, etag: await writer.finish(), start: 0, end: bytes };
      await using copy = writeObject(ours, folder + final, nextMark(), copying);
      await copy.copy(whole);
      const etag = await publish(final, copy.finish);
      await ours.remove(whole.key);
      return stored(etag);
    },

    async grow(file, keep, first = new Uint8Array()) {
      const mine = writing();
      const growing = await growObject(withObjects(mine.objects), mine, file, keep, first);
      return {
        async append(bytes) {
          writing();
          await growing.append(bytes);
        },
        async seal(end) {
          writing();
          const { bytes, etag } = await growing.seal(end, (writer) => publish(file, writer.finish));
          return { name: file, bytes, stamp: etag };
        },
        async [Symbol.asyncDispose]() {},
      };
    },

    async remove(file, growing) {
      const mine = writing();
      await mine.confirm();
      if (growing) {
        const { current, abandoned } = await listSegments(mine.objects, folder, file);
        // Those of a holder that came meanwhile are not ours to remove.
        const isOurs = ({ number }: Segment): boolean => number <= mine.number;
        return removeSegments(mine.objects, {
          current: current.filter(isOurs),
          abandoned: abandoned.filter(isOurs),
          bytes: 0,
        });
      }
      await mine.objects.remove(folder + file);
      mine.etags.delete(file);
    },

    async hold(waitMs, signal) {
      const own = await deployment();
      const knowsConditions = (): Promise<boolean> => bucket.knowsConditions(folder);
      const mine = await holdFolder(
        { objects, holds, clock, deployment: own, knowsConditions },
        place,
        folder,
        waitMs,
        signal,
      );
      if (!mine) return undefined;
      try {
        const ours = objects.until(mine.signal);
        await clearLeftovers(withObjects(ours));
        const etags = new Map<string, string>();
        for await (const { key, etag } of ours.list(folder, () => {})) etags.set(key.slice(folder.length), etag);
        const taken = (holdsTaken += 1);
        let marks = 0;
        const nextMark = (): string => `${own}-${mine.number}-${taken}-${(marks += 1)}`;
        held = { ...mine, objects: ours, etags, last: new Map(), nextMark };
      } catch (error) {
        await mine.release();
        throw error;
      }
      const ours = held;
      return {
        number: mine.number,
        signal: mine.signal,
        async [Symbol.asyncDispose]() {
          if (held === ours) held = undefined;
          await mine.release();
        },
      };
    },

    isHeld: async () =>
      (await holds.isHeld(place)) || isHeldElsewhere({ objects, deployment: await deployment() }, folder),
  };
}
