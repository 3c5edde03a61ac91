import { execFile } from "node:child_process";
import { chmod, chown, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { scratchFolder } from "../../../test/scratch.ts";
import { tightenFolders } from "./tighten-folders.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

async function roots() {
  const folder = await scratchFolder();
  const made = {
    stateDir: join(folder.path, "state"),
    tokenDir: join(folder.path, "tokens"),
    exportDir: join(folder.path, "data"),
  };
  for (const path of Object.values(made)) await mkdir(path);
  return { ...folder, made, modeOf: async (path: string) => (await stat(path)).mode & 0o7777 };
}

test.each([0o777, 0o755, 0o770])("folders of mode %o are made private at the start", async (mode) => {
  await using w = await roots();
  for (const path of Object.values(w.made)) await chmod(path, mode);
  await tightenFolders(w.made);
  const { stateDir, tokenDir, exportDir } = w.made;
  expect([await w.modeOf(stateDir), await w.modeOf(tokenDir)]).toEqual([0o700, 0o700]);
  // One in which others can only look is left to whoever made it so: what is in it is private.
  expect(await w.modeOf(exportDir)).toBe(mode === 0o755 ? 0o755 : 0o700);
});

test("a folder that many share, as /tmp, stays as it is; what is not there is not made", async () => {
  await using w = await roots();
  await chmod(w.made.exportDir, 0o1777);
  await tightenFolders({ ...w.made, stateDir: join(w.made.stateDir, "not-there") });
  expect(await w.modeOf(w.made.exportDir)).toBe(0o1777);
  await expect(stat(join(w.made.stateDir, "not-there"))).rejects.toThrow("ENOENT");
});

test(`what another user put into STATE_DIR is refused${isRoot ? "" : " (to be tried as root)"}`, async () => {
  await using w = await roots();
  await chmod(w.made.stateDir, 0o777);
  const planted = join(w.made.stateDir, "exports.sqlite");
  await writeFile(planted, "");
  if (!isRoot) return expect(await tightenFolders(w.made)).toBeUndefined();
  await chown(planted, NOBODY, NOBODY);
  await expect(tightenFolders(w.made)).rejects.toMatchObject({
    failure: { code: "not_private", message: expect.stringContaining(planted) },
  });
});

test(`another user can replace what is in an open STATE_DIR, and not once it was tightened${isRoot ? "" : " (to be tried as root)"}`, async () => {
  await using w = await roots();
  const { stateDir } = w.made;
  await chmod(stateDir, 0o777);
  if (!isRoot) return expect(await tightenFolders(w.made)).toBeUndefined();
  for (let above = dirname(stateDir); above !== tmpdir() && above !== dirname(above); above = dirname(above))
    await chmod(above, 0o711); // so that another user gets there at all
  await chmod(tmpdir(), (await w.modeOf(tmpdir())) | 0o011);
  const replace = (): Promise<unknown> =>
    promisify(execFile)("sh", ["-c", 'rm -f "$0"; : > "$0"', join(stateDir, "exports.sqlite")], {
      cwd: "/",
      uid: NOBODY,
      gid: NOBODY,
    });
  await replace();
  await rm(join(stateDir, "exports.sqlite"));
  await tightenFolders(w.made);
  await expect(replace()).rejects.toThrow(/Permission denied/);
});
