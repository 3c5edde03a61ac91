import { constants } from "node:fs";

import { HoldLost } from "../../core/errors.ts";
import type { Holds } from "../../core/ports/holds.ts";
import { unlessMissing } from "./disk.ts";
import { isSameFile, makeFolder, type FileSystem } from "./file-system.ts";
import { tightenFolder } from "./private-files.ts";

/** A folder that is ours while it is the one that was taken, and the hold on it lasts. */
export type HeldFolder = Readonly<{
  number: number;
  signal: AbortSignal;
  /** Throws `HoldLost` when another folder stands where ours did, or somebody else may have the place by now. */
  assertStillHeld(): Promise<void>;
  release(): Promise<void>;
}>;

/** Makes the folder, private, and takes it. Undefined when somebody else has it for longer than `waitMs`. */
export async function holdFolder(
  files: FileSystem,
  holds: Holds,
  place: string,
  waitMs: number,
  signal?: AbortSignal,
): Promise<HeldFolder | undefined> {
  await makeFolder(files, place);
  await tightenFolder(files, place, constants.O_NOFOLLOW);
  const folder = await files.lstat(place);
  const held = await holds.take(place, waitMs, signal);
  if (!held) return undefined;
  try {
    await files.syncFolder(place);
    const lost = new AbortController();
    const ended = AbortSignal.any([lost.signal, held.signal]);
    const assertStillHeld = async (): Promise<void> => {
      if (signal?.reason instanceof HoldLost) lost.abort(signal.reason);
      ended.throwIfAborted();
      const now = await unlessMissing(files.lstat(place));
      if (!now || !isSameFile(folder, now))
        lost.abort(
          now
            ? new HoldLost(`Something else stands where ${place} was: another process may write there now.`)
            : new HoldLost(`${place} was removed while it was being written.`, "disk"),
        );
      ended.throwIfAborted();
      await held.confirm();
    };
    return {
      number: held.number,
      signal: ended,
      assertStillHeld,
      release: async () => held[Symbol.asyncDispose](),
    };
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}
