import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";

import { refuse } from "../../core/errors.ts";
import type { Holds } from "../../core/ports/holds.ts";
import type { OpenStorage, Storage, StoredContent, StoredEntry, StoredFile } from "../../core/ports/storage.ts";
import { onDisk, unlessMissing } from "./disk.ts";
import {
  makeFolder,
  nodeFileSystem,
  oddity,
  openAnew,
  openToRead,
  publish,
  readChunks,
  renameIfThere,
  unlinkIfThere,
  writeAll,
  type FileSystem,
} from "./file-system.ts";
import { growFile } from "./growing-file.ts";
import { claimGrowing, growingName, growingPaths, openGrowing } from "./growing-paths.ts";
import { holdFolder, type HeldFolder } from "./hold.ts";
import { readPlaceId } from "./place-id.ts";
import { DRAFT, isWritingFolder, PART } from "./writing-folder.ts";

/**
 * Export directories on a file system, a folder each. A file grows as `<name>.part`, and one that is for gmail-export alone
 * under its own name; `put` writes beside and renames. Where the hold can be lost, all of that lies in a folder of the
 * hold's number (`writing-folder.ts`) until it is published, or the hold is given back.
 */
export function folderStorage(holds: Holds, files: FileSystem = nodeFileSystem): OpenStorage {
  return (place) => storageOf(place, holds, files);
}

function storageOf(place: string, holds: Holds, files: FileSystem): Storage {
  let held: HeldFolder | undefined;
  let drafts = 0;
  const pathOf = (name: string): string => join(place, name);
  const nextDraft = (folder: string): string => join(folder, `${DRAFT}${(drafts += 1)}${PART}`);

  /** Where what grows under a name, and is not published, is written. */
  const claim = async (name: string): Promise<string> => {
    const folder = held?.writingFolder;
    return folder === undefined ? pathOf(growingName(name)) : claimGrowing(files, place, folder, name);
  };

  /** Right before something is given a name: where something has that already, whoever gave the hold is asked as well. */
  const confirmBefore = async (path: string): Promise<void> => {
    const isTaken = held?.writingFolder !== undefined && (await unlessMissing(files.lstat(path))) !== undefined;
    await (isTaken ? held?.confirm() : held?.assertStillHeld());
  };

  const folders = new Map<string, Promise<void>>();
  /** Makes the folder in which a name lies, within the place and never through a link; its own name is durable then. */
  const makeFolderOf = async (name: string): Promise<void> => {
    const folder = name.slice(0, Math.max(0, name.lastIndexOf("/")));
    if (folder === "") return;
    const make = async (): Promise<void> => {
      await makeFolderOf(folder);
      const path = pathOf(folder);
      await makeFolder(files, path);
      const stats = await files.lstat(path);
      if (!stats.isDirectory()) throw oddFolder(path, stats.isFile() ? "a file" : oddity(stats));
      await files.syncFolder(dirname(path)); // who made it may have died before it did
    };
    const made = folders.get(folder) ?? make();
    folders.set(folder, made);
    made.catch(() => folders.delete(folder));
    await made;
  };

  /** Does work that writes, while the folder and the hold are still those that were taken. */
  const writing = <T>(work: () => Promise<T>): Promise<T> =>
    onDisk(place, async () => {
      if (!held) throw new RangeError("a directory must be held before it is written");
      const mine = held;
      await mine.assertStillHeld();
      try {
        return await work();
      } catch (error) {
        await mine.assertStillHeld(); // who was overtaken finds its files gone: that says why
        throw error;
      }
    });

  return {
    place,

    resolvePlace: () => onDisk(place, () => unlessMissing(realpath(place)), "reading"),

    list: () =>
      onDisk(
        place,
        async () => {
          const folder = await unlessMissing(files.lstat(place));
          const found = folder && (await unlessMissing(files.readdir(place)));
          if (!found) return undefined;
          const moved = await growingPaths(files, place);
          const names = found.map(({ name }) => name).filter((name) => !isWritingFolder(name) && !moved.has(name));
          const paths = [...names.map((name) => [name, pathOf(name)] as const), ...moved];
          const entries = paths.map(async ([name, path]): Promise<StoredEntry | undefined> => {
            const stats = await unlessMissing(files.lstat(path));
            if (!stats) return undefined;
            const growing = name.endsWith(PART);
            const stored = storedFile(growing ? name.slice(0, -PART.length) : name, stats);
            if (isOurs(stats, folder)) return Object.assign(stored, { growing });
            return Object.assign(stored, { growing, odd: stats.isFile() ? "another user's file" : oddity(stats) });
          });
          return (await Promise.all(entries)).filter((entry) => entry !== undefined);
        },
        "reading",
      ),

    async *namesIn(folder) {
      const pending = [folder];
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        const within = next;
        const path = pathOf(within);
        const found = await onDisk(path, async () => {
          const stats = await unlessMissing(files.lstat(path));
          return stats?.isDirectory() ? await unlessMissing(files.readdir(path)) : undefined;
        });
        for (const entry of found ?? [])
          if (entry.isDirectory()) pending.push(`${within}/${entry.name}`);
          else if (entry.isFile()) yield `${within}/${entry.name}`;
      }
    },

    open: (name, growing) =>
      onDisk(
        place,
        async () => {
          const found = growing
            ? await openGrowing(files, place, name)
            : { path: pathOf(name), opened: await openToRead(files, pathOf(name)) };
          if (!found?.opened) return undefined;
          if ("odd" in found.opened) throw odd(found.path, found.opened.odd);
          const { file, stats } = found.opened;
          const stored = storedFile(name, stats);
          return {
            ...stored,
            read: (start = 0, end = stored.bytes) => onDiskAll(place, readChunks(file, start, end)),
            [Symbol.asyncDispose]: () => file.close(),
          } satisfies StoredContent;
        },
        "reading",
      ),

    put: (name, chunks) =>
      writing(async () => {
        // Of a name that is not known yet another is taken; what a crash left under it is taken away.
        const isNamed = typeof name === "string" && !name.includes("/");
        const folder = held?.writingFolder;
        const part = isNamed && folder === undefined ? pathOf(name + PART) : nextDraft(folder ?? place);
        const hash = createHash("sha256");
        let bytes = 0;
        await using file = await openAnew(files, part);
        try {
          for await (const chunk of chunks) {
            await writeAll(file, chunk, bytes);
            hash.update(chunk);
            bytes += chunk.length;
          }
          await file.sync();
          const sha256 = hash.digest("hex");
          const final = typeof name === "string" ? name : name(sha256);
          await makeFolderOf(final);
          await confirmBefore(pathOf(final)); // what came took its time
          await publish(files, part, pathOf(final));
          return { ...storedFile(final, await file.stat({ bigint: true })), sha256 };
        } catch (error) {
          await unlinkIfThere(files, part).catch(() => {}); // why it failed matters more
          throw error;
        }
      }),

    grow: (name, keep, first = Buffer.alloc(0)) =>
      writing(async () => {
        const path = pathOf(name);
        const growing = await growFile(files, { path, growing: await claim(name) }, keep, first);
        return {
          append: (bytes) => writing(() => growing.append(bytes)),
          seal: (end) => writing(async () => storedFile(name, await growing.seal(end, () => confirmBefore(path)))),
          [Symbol.asyncDispose]: growing[Symbol.asyncDispose],
        };
      }),

    remove: (name, growing) =>
      writing(async () => {
        const path = growing ? await claim(name) : pathOf(name);
        const folder = held?.writingFolder;
        if (folder === undefined || growing) await unlinkIfThere(files, path);
        else {
          const draft = nextDraft(folder);
          await renameIfThere(files, path, draft);
          await unlinkIfThere(files, draft);
          await held?.assertStillHeld(); // whose folder is gone moves nothing there
        }
        await files.syncFolder(dirname(path));
        if (folder !== undefined && growing) await files.syncFolder(place); // where it may have been before
      }),

    hold: (waitMs, signal) =>
      onDisk(place, async () => {
        const mine = await holdFolder(files, holds, place, waitMs, signal);
        held = mine ?? held;
        return (
          mine && {
            number: mine.number,
            signal: mine.signal,
            async [Symbol.asyncDispose]() {
              if (held === mine) held = undefined;
              await mine.release();
            },
          }
        );
      }),

    isHeld: () =>
      onDisk(place, async () => {
        const name = holds.canBeLost ? await readPlaceId(files, place) : place;
        return name !== undefined && (await holds.isHeld(name));
      }),
  };
}

function storedFile(name: string, stats: BigIntStats): StoredFile {
  const { ino, size, mtimeNs, ctimeNs } = stats;
  return { name, bytes: Number(size), stamp: `${ino}-${size}-${mtimeNs}-${ctimeNs}` };
}

/** A file of the user that runs this, or of the one that the folder belongs to. Windows knows no owners. */
function isOurs(stats: BigIntStats, folder: BigIntStats): boolean {
  const own = process.getuid?.();
  return stats.isFile() && (own === undefined || stats.uid === BigInt(own) || stats.uid === folder.uid);
}

async function* onDiskAll(place: string, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  for (;;) {
    const next = await onDisk(place, () => chunks.next(), "reading");
    if (next.done) return;
    yield next.value;
  }
}

function odd(path: string, what: string): Error {
  return refuse(
    "directory_damaged",
    `${path} is ${what}, not a file that gmail-export made.`,
    "Move it away, then do the same again.",
  );
}

function oddFolder(path: string, what: string): Error {
  return refuse(
    "directory_damaged",
    `${path} is ${what}, not a folder that gmail-export made.`,
    "Move it away, then do the same again.",
  );
}
