import { constants, type BigIntStats } from "node:fs";
import { join } from "node:path";

import { HoldLost } from "../../core/errors.ts";
import type { Lock } from "../../core/ports/lock.ts";
import { unlessMissing } from "./disk.ts";
import { makeFolder, type FileSystem } from "./file-system.ts";
import { tightenFolder } from "./private-files.ts";

export const LOCK = ".lock";

/** A folder that is ours while it is the one that was taken, and so is the lock in it. */
export type HeldFolder = Readonly<{
  number: number;
  signal: AbortSignal;
  /** Throws `HoldLost` when another folder, or another lock, stands where ours did: somebody else may write by now. */
  assertStillHeld(): Promise<void>;
  release(): Promise<void>;
}>;

/** The system lets one process have the lock, and gives it back when that dies: the number orders those of one process. */
let holds = 0;

/** Makes the folder, private, and takes its lock. Undefined when somebody else has it for longer than `waitMs`. */
export async function holdFolder(
  files: FileSystem,
  lock: Lock,
  place: string,
  waitMs: number,
  signal?: AbortSignal,
): Promise<HeldFolder | undefined> {
  await makeFolder(files, place);
  await tightenFolder(files, place, constants.O_NOFOLLOW);
  const folder = await files.lstat(place);
  const path = join(place, LOCK);
  const held = await lock(path, waitMs, signal);
  if (!held) return undefined;
  try {
    const locked = await files.lstat(path);
    await files.syncFolder(place);
    const lost = new AbortController();
    const assertStillHeld = async (): Promise<void> => {
      if (signal?.reason instanceof HoldLost) lost.abort(signal.reason);
      lost.signal.throwIfAborted();
      const [folderNow, lockNow] = [await unlessMissing(files.lstat(place)), await unlessMissing(files.lstat(path))];
      if (folderNow && lockNow && isSame(folder, folderNow) && isSame(locked, lockNow)) return;
      lost.abort(
        folderNow && lockNow
          ? new HoldLost(`Something else stands where ${place} or its lock was: another process may write there now.`)
          : new HoldLost(`${folderNow ? path : place} was removed while it was being written.`, "disk"),
      );
      lost.signal.throwIfAborted();
    };
    return {
      number: (holds += 1),
      signal: lost.signal,
      assertStillHeld,
      release: async () => held[Symbol.asyncDispose](),
    };
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
