import { spawnSync } from "node:child_process";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** File systems in memory; Linux has this one. */
const IN_MEMORY = "/dev/shm";

/** More than all files of a run take, in bytes. */
const ROOM = 4 * 2 ** 30;

/**
 * Makes a folder that only this user may read, for everything that a run writes. In memory, where there is a place with
 * room for it: tests sync files tens of thousands of times, and would wait for a disk in a third of their time. What a sync
 * is good for no disk could show them anyway (test/power-loss.ts shows it). Otherwise, or where TMPDIR says so, among
 * temporary files.
 */
export async function makeRunFolder(): Promise<string> {
  if (process.env["TMPDIR"] === undefined && process.availableMemory() > ROOM) {
    const folder = await makeFolder(IN_MEMORY).catch(() => undefined);
    if (folder !== undefined && (await isFit(folder))) return folder;
    if (folder !== undefined) await rm(folder, { recursive: true });
  }
  return makeFolder(tmpdir());
}

const makeFolder = (place: string): Promise<string> => mkdtemp(join(place, "gmail-export-run-"));

/** Whether there is room, and programs may be started from there: containers often allow neither. */
async function isFit(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  const program = join(folder, "program");
  await writeFile(program, "#!/bin/sh\n", { mode: 0o700 });
  return bavail * bsize > ROOM && spawnSync(program).status === 0;
}
