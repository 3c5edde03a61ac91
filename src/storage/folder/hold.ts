import { constants } from "node:fs";

import { HoldLost } from "../../core/errors.ts";
import type { HeldPlace, Holds } from "../../core/ports/holds.ts";
import { unlessMissing } from "./disk.ts";
import { isSameFile, makeFolder, type FileSystem } from "./file-system.ts";
import { makePlaceId } from "./place-id.ts";
import { tightenFolder } from "./private-files.ts";
import { overtaken, releaseWritingFolder, takeWritingFolder, writingFolders } from "./writing-folder.ts";

/** A folder that is ours while it is the one that was taken, and the hold on it lasts. */
export type HeldFolder = Readonly<{
  number: number;
  signal: AbortSignal;
  /** Where all lies that is not published; undefined where the hold cannot be lost: then it lies beside what is. */
  writingFolder: string | undefined;
  /** Throws `HoldLost` when another folder stands where ours did, or somebody else is known to have the place. */
  assertStillHeld(): Promise<void>;
  /** Asks, too, whoever gave the hold: before something takes the place of what has its name. */
  confirm(): Promise<void>;
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
  const held = await holds.take(holds.canBeLost ? await makePlaceId(files, place) : place, waitMs, signal);
  if (!held) return undefined;
  try {
    await files.syncFolder(place);
    const writingFolder = holds.canBeLost ? await takeWritingFolder(files, place, held) : undefined;
    if (!holds.canBeLost) await endWritingFolders(files, place, held);
    const lost = new AbortController();
    const ended = AbortSignal.any([lost.signal, held.signal]);
    const lose = (reason: HoldLost): never => {
      lost.abort(reason);
      throw reason;
    };
    const assertStillHeld = async (): Promise<void> => {
      if (signal?.reason instanceof HoldLost) lost.abort(signal.reason);
      const now = await unlessMissing(files.lstat(place));
      if (!now) lose(new HoldLost(`${place} was removed while it was being written.`, "disk"));
      else if (!isSameFile(folder, now))
        lose(new HoldLost(`Something else stands where ${place} was: another process may write there now.`));
      if (writingFolder === undefined) await held.confirm();
      else if ((await unlessMissing(files.lstat(writingFolder))) === undefined) lose(overtaken(place));
      ended.throwIfAborted();
    };
    return {
      number: held.number,
      signal: ended,
      writingFolder,
      assertStillHeld,
      async confirm() {
        await assertStillHeld();
        if (writingFolder !== undefined) await held.confirm();
      },
      async release() {
        try {
          if (writingFolder !== undefined && !ended.aborted) await releaseWritingFolder(files, place, writingFolder);
        } catch {
          // The next holder finds what is left there, and copies it.
        } finally {
          await held[Symbol.asyncDispose]();
        }
      },
    };
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

/** What was left by holders that could be overtaken goes on as if it had been written by one that cannot; they write no more. */
async function endWritingFolders(files: FileSystem, place: string, { confirm }: HeldPlace): Promise<void> {
  const [latest] = await writingFolders(files, place);
  if (latest === undefined) return;
  const number = Number(/\d+$/.exec(latest)?.[0]) + 1;
  await releaseWritingFolder(files, place, await takeWritingFolder(files, place, { number, confirm }));
}
