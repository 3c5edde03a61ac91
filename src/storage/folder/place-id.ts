import { randomUUID } from "node:crypto";
import { join } from "node:path";

import { refuse } from "../../core/errors.ts";
import { unlessMissing } from "./disk.ts";
import type { FileSystem } from "./file-system.ts";
import { privateFiles } from "./private-files.ts";

/** What a folder is called among machines: they may have it under different paths. */
const FILE = ".place";

const ID = /^[\da-f-]{36}\n?$/;

/** The name of a folder; undefined where it was given none. */
export async function readPlaceId(files: FileSystem, place: string): Promise<string | undefined> {
  const path = join(place, FILE);
  if ((await unlessMissing(files.lstat(path))) === undefined) return undefined;
  const text = await privateFiles(files).readFile(path);
  if (ID.test(text)) return text.trim();
  throw refuse(
    "directory_damaged",
    `${path} is not what gmail-export wrote there.`,
    "Remove it while nothing writes to that directory, then do the same again.",
  );
}

/** The name of a folder, which is given one where it has none. Of two that do so at once, both get the same. */
export async function makePlaceId(files: FileSystem, place: string): Promise<string> {
  const before = await readPlaceId(files, place);
  if (before !== undefined) return before;
  await privateFiles(files).createFile(join(place, FILE), `${randomUUID()}\n`);
  const made = await readPlaceId(files, place);
  if (made === undefined) throw refuse("disk", `${place} changed while it was being read.`, "Do the same again.");
  return made;
}
