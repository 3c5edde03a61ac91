import { execFile } from "node:child_process";
import { chmod, link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { privateFilesContract } from "../../../test/contracts/private-files.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { filesOnDisk } from "./private-files.ts";

const run = promisify(execFile);

privateFilesContract("folder", filesOnDisk);

async function world() {
  const scratch = await scratchFolder();
  const folder = join(scratch.path, "state");
  const victim = join(scratch.path, "victim");
  await filesOnDisk.privateFolder(folder);
  await writeFile(victim, "mine", { mode: 0o600 });
  return { ...scratch, folder, victim, path: join(folder, "key") };
}

test.each([
  ["a link", (victim: string, path: string) => symlink(victim, path)],
  ["a hard link", (victim: string, path: string) => link(victim, path)],
])("%s where a file is written is not written through", async (_, plant) => {
  await using w = await world();
  await plant(w.victim, `${w.path}.part`);
  await filesOnDisk.replaceFile(w.path, "new");
  await plant(w.victim, join(w.folder, "other"));
  await filesOnDisk.replaceFile(join(w.folder, "other"), "new");
  await plant(w.victim, join(w.folder, "third"));
  expect(await filesOnDisk.createFile(join(w.folder, "third"), "new")).toBe(false);
  expect(await readFile(w.victim, "utf8")).toBe("mine");
  expect(await readFile(w.path, "utf8")).toBe("new");
  expect((await stat(w.path)).mode & 0o777).toBe(0o600);
});

test("a half-written file of another mode is not kept", async () => {
  await using w = await world();
  await writeFile(`${w.path}.part`, "planted");
  await chmod(`${w.path}.part`, 0o666);
  await filesOnDisk.replaceFile(w.path, "new");
  expect([await readFile(w.path, "utf8"), (await stat(w.path)).mode & 0o777]).toEqual(["new", 0o600]);
  expect(await readdir(w.folder)).toEqual(["key"]);
});

test.each([
  ["a named pipe", (path: string) => run("mkfifo", [path])],
  ["a folder", (path: string) => mkdir(path)],
  ["a device", (path: string) => symlink("/dev/zero", path)],
  ["a link", (path: string) => symlink(path, path)], // to itself
])("%s in the place of a file is told and not waited for", async (what, plant) => {
  await using w = await world();
  await plant(w.path);
  const refusal = { failure: { code: "not_private", message: `${w.path} is ${what}, not a file.` } };
  await expect(filesOnDisk.readPrivateFile(w.path)).rejects.toMatchObject(refusal);
  await expect(filesOnDisk.readFile(w.path)).rejects.toMatchObject(refusal);
});

test("a file that others may read is refused, with what to type; one that need not be private is read", async () => {
  await using w = await world();
  await writeFile(w.path, "secret");
  await chmod(w.path, 0o640);
  await expect(filesOnDisk.readPrivateFile(w.path)).rejects.toMatchObject({
    failure: { code: "not_private", next: `Type: chmod 600 ${w.path}` },
  });
  expect(await filesOnDisk.readFile(w.path)).toBe("secret");
});

test("an existing folder is made private", async () => {
  await using w = await world();
  await chmod(w.folder, 0o777);
  await filesOnDisk.privateFolder(w.folder);
  expect((await stat(w.folder)).mode & 0o777).toBe(0o700);
});
