import type { Stats } from "node:fs";
import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** What doctor wants to know of the disk; everything is looked at, nothing is touched. */

/** See `Folder` of the pipeline's doctor. */
export async function lookAtFolder(
  path: string,
): Promise<{ exists: boolean; fault: string | undefined; permissions: number | undefined }> {
  const found = await there(path);
  if (found === undefined) {
    const fault = await faultOf(access(await nearest(path), constants.W_OK | constants.X_OK));
    return { exists: false, fault, permissions: undefined };
  }
  if (typeof found === "string") return { exists: false, fault: found, permissions: undefined };
  const fault = found.isDirectory()
    ? await faultOf(access(path, constants.R_OK | constants.W_OK | constants.X_OK))
    : "ENOTDIR";
  return { exists: true, fault, permissions: bitsOf(found.mode) };
}

/** Permission bits; undefined where there is nothing, or the system has none. */
export async function permissions(path: string): Promise<number | undefined> {
  const found = await there(path);
  return typeof found === "object" ? bitsOf(found.mode) : undefined;
}

/** Bytes that this user may still write on the disk that a path is on, or will be. Undefined where nobody knows. */
export async function room(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(await nearest(path));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Undefined when it is not there, the system's word when that cannot be told. */
async function there(path: string): Promise<Stats | string | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" ? undefined : code;
  }
}

/** The path, or the folder above it in which it would have to be made. */
async function nearest(path: string): Promise<string> {
  const above = dirname(path);
  return above === path || (await there(path)) !== undefined ? path : nearest(above);
}

async function faultOf(look: Promise<unknown>): Promise<string | undefined> {
  try {
    await look;
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

/** Windows makes bits up. */
function bitsOf(mode: number): number | undefined {
  return process.platform === "win32" ? undefined : mode & 0o777;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown reason";
}
