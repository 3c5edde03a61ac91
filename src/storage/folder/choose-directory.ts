import { readdir, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

import { findAccountFileName } from "../../core/account.ts";
import { refuse } from "../../core/errors.ts";
import { isInBucket } from "../../core/export/place.ts";
import { faultOfFileName } from "../../core/file-name.ts";
import type { ChooseDirectory } from "../../core/ports/export-directory.ts";
import { onDisk, unlessMissing } from "./disk.ts";
import { isSystemError } from "./file-system.ts";

/** Bytes of a path (PATH_MAX of Linux). Nothing longer can exist, and to look for it folder by folder would take long. */
const LONGEST = 4_096;

/** As many links in one path Linux follows (path_resolution(7)); what has more leads in a circle, most likely. */
const MOST_LINKS = 40;

/** `root` is EXPORT_DIR, absolute. It need not exist yet, nor need the directory that is chosen. */
export function chooseDirectoryIn(root: string): ChooseDirectory {
  return async (account, outputDir) => {
    if (outputDir !== undefined && isInBucket(outputDir)) throw outside(outputDir, root);
    const wanted = outputDir === undefined ? join(root, await nameUnder(root, account)) : resolve(outputDir);
    for (const name of relative(root, wanted).split(sep)) {
      const fault = faultOfFileName(name, process.platform === "win32");
      if (fault !== undefined && name !== "..") throw unusable(fault);
    }
    if (Buffer.byteLength(wanted) > LONGEST) throw tooLong();
    const real = await onDisk(wanted, () => followLinks(wanted));
    if (!(await isInside(root, real))) throw outside(wanted, root);
    return real;
  };
}

/**
 * Where a directory that was chosen lies when an export goes on in it: somebody may have put a link in its place, or in
 * that of a folder above it, since. Throws `outside_export_dir` when that leads out of EXPORT_DIR.
 */
export function checkDirectoryIn(root: string): (directory: string) => Promise<string> {
  return async (directory) => {
    const real = await onDisk(directory, () => followLinks(directory));
    if (real !== directory && !(await isInside(root, real))) throw outside(directory, root);
    return real;
  };
}

async function isInside(root: string, real: string): Promise<boolean> {
  const inside = relative(await onDisk(root, () => followLinks(root)), real);
  return inside !== ".." && !inside.startsWith(`..${sep}`) && resolve(inside) !== inside;
}

async function nameUnder(root: string, account: string): Promise<string> {
  return findAccountFileName((await onDisk(root, () => unlessMissing(readdir(root)))) ?? [], account);
}

/** The path with every symbolic link followed, as far as it exists; one that leads nowhere yet is followed too. */
async function followLinks(path: string, links = 0): Promise<string> {
  if (links > MOST_LINKS) throw circle();
  const real = await unlessMissing(realpath(path)).catch((error: unknown) => {
    throw isSystemError(error, "ELOOP") ? circle() : error;
  });
  if (real !== undefined) return real;
  const parent = dirname(path);
  if (parent === path) return path;
  const target = await readlink(path).catch(() => undefined);
  if (target !== undefined) return followLinks(resolve(parent, target), links + 1);
  return join(await followLinks(parent, links), basename(path));
}

function unusable(fault: string): Error {
  return refuse("unusable_directory", `A name in output_dir ${fault}.`, "Choose a name of visible characters.");
}

function tooLong(): Error {
  return refuse("unusable_directory", `output_dir is longer than ${LONGEST} bytes.`, "Choose a shorter one.");
}

function circle(): Error {
  return refuse(
    "unusable_directory",
    "output_dir leads through links in a circle.",
    "Take that link away, or choose another directory.",
  );
}

/** `path` as it was asked for: where its links lead is not told. */
function outside(path: string, root: string): Error {
  return refuse(
    "outside_export_dir",
    `${path} lies outside EXPORT_DIR, which is ${root}.`,
    "Choose a directory inside EXPORT_DIR, or start gmail-export with another EXPORT_DIR.",
  );
}
