import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { unlessMissing } from "./disk.ts";
import { openToRead, renameIfThere, type FileSystem } from "./file-system.ts";
import { DRAFT, PART, writingFolders } from "./writing-folder.ts";

/** What a file is called while it grows: one that is for gmail-export alone has its own name from the beginning. */
export function growingName(name: string): string {
  return name.startsWith(".") ? name : name + PART;
}

/** Opens what grows under a name, wherever that is now: a holder that comes, or goes, moves it. Undefined when there is none. */
export async function openGrowing(files: FileSystem, place: string, name: string) {
  for (let before: readonly string[] | undefined; ;) {
    const folders = await writingFolders(files, place);
    for (const folder of [...folders, place]) {
      const path = join(folder, growingName(name));
      const opened = await openToRead(files, path);
      if (opened) return { path, opened };
    }
    if (isDeepStrictEqual(before, folders)) return undefined;
    before = folders;
  }
}

/** What grows in folders of holders: the path of each by its name there; that of the latest holder where several have it. */
export async function growingPaths(files: FileSystem, place: string): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const folder of (await writingFolders(files, place)).toReversed())
    for (const { name } of (await unlessMissing(files.readdir(folder))) ?? [])
      if (!name.startsWith(DRAFT)) paths.set(name, join(folder, name));
  return paths;
}

/** The path under which a holder lets a name grow, in its folder. What grew where nobody writes is moved there. */
export async function claimGrowing(files: FileSystem, place: string, folder: string, name: string): Promise<string> {
  const path = join(folder, growingName(name));
  if ((await unlessMissing(files.lstat(path))) !== undefined) return path;
  if (await renameIfThere(files, join(place, basename(path)), path)) await files.syncFolder(folder);
  return path;
}
