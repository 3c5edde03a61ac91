import { createHash } from "node:crypto";
import { join } from "node:path";

import { HoldLost } from "../../core/errors.ts";
import { isInBucket } from "../../core/export/place.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { HeldPlace, Holds } from "../../core/ports/holds.ts";
import { unlessMissing } from "./disk.ts";
import { isSameFile, nodeFileSystem, type FileSystem } from "./file-system.ts";
import { fileLock } from "./lock.ts";

/** The system lets one process have the lock, and gives it back when that dies: the number orders those of one process. */
let holds = 0;

/** A directory is locked in itself, one in a bucket by a file in `stateDir`, which must be there. */
export function lockFileIn(stateDir: string): (place: string) => string {
  return (place) =>
    isInBucket(place)
      ? join(stateDir, `${createHash("sha256").update(place).digest("hex").slice(0, 32)}.lock`)
      : join(place, ".lock");
}

/**
 * Places that are held by locking a file of this machine: `.lock` in the folder that the place is, or what `lockOf` names.
 * The folder in which that lies must be there when a place is taken.
 */
export function fileHolds(
  clock: Clock,
  files: FileSystem = nodeFileSystem,
  lockOf: (place: string) => string = (place) => join(place, ".lock"),
): Holds {
  const lock = fileLock(clock, files);
  return {
    canBeLost: false,
    async take(place, waitMs, signal) {
      const path = lockOf(place);
      const held = await lock(path, waitMs, signal);
      if (!held) return undefined;
      try {
        const locked = await files.lstat(path);
        const lost = new AbortController();
        let isGivenBack = false;
        return {
          number: (holds += 1),
          signal: lost.signal,
          async confirm() {
            lost.signal.throwIfAborted();
            if (isGivenBack) throw new HoldLost(`${place} was given back.`);
            const now = await unlessMissing(files.lstat(path));
            if (now && isSameFile(locked, now)) return;
            lost.abort(
              now
                ? new HoldLost(`Something else stands where ${path} was: another process may write there now.`)
                : new HoldLost(`${path} was removed while it was held.`, "disk"),
            );
            lost.signal.throwIfAborted();
          },
          async [Symbol.asyncDispose]() {
            isGivenBack = true;
            await held[Symbol.asyncDispose]();
          },
        } satisfies HeldPlace;
      } catch (error) {
        await held[Symbol.asyncDispose]();
        throw error;
      }
    },
    async isHeld(place) {
      const path = lockOf(place);
      if ((await unlessMissing(files.lstat(path))) === undefined) return false;
      await using free = await lock(path, 0);
      return free === undefined;
    },
  };
}
