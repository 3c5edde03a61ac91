import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { systemClock } from "../../clock.ts";
import { failureOf } from "../../core/errors.ts";
import { fileLock } from "./lock.ts";
import { outputFolders } from "./output-folder.ts";

const NEVER = new AbortController().signal;

let scratch: string;

beforeEach(async () => void (scratch = await mkdtemp(join(tmpdir(), "gmail-export-test-"))));
afterEach(() => rm(scratch, { recursive: true, force: true }));

const open = (name: string) => outputFolders(fileLock(systemClock))(join(scratch, name), NEVER);

test("very many files may be added to in turn, more than are open at once", async () => {
  const names = Array.from({ length: 150 }, (_, n) => `label ${n}.mbox`);
  {
    await using output = await open("out");
    for (const round of ["one", "two", "three"])
      for (const name of names) await output.append(name, [Buffer.from(`${round} `), Buffer.from(name)]);
    expect(output.made().files).toBe(150);
    await output.publish();
  }
  expect(await readdir(scratch)).toEqual(["out"]);
  expect((await readdir(join(scratch, "out"))).toSorted()).toEqual(names.toSorted());
  for (const name of names)
    expect(await readFile(join(scratch, "out", name), "utf8")).toBe(`one ${name}two ${name}three ${name}`);
});

test("what is not published is not there, and files and folders are for their owner alone", async () => {
  {
    await using output = await open("dropped");
    await output.write("a/b/c.txt", [Buffer.from("x")]);
    expect((await stat(join(scratch, "dropped.part", "a/b/c.txt"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(scratch, "dropped.part", "a/b"))).mode & 0o777).toBe(0o700);
  }
  expect(await readdir(scratch)).toEqual([]);
});

test("a file is not made twice, and no link is followed", async () => {
  await writeFile(join(scratch, "mine.txt"), "mine");
  await symlink(join(scratch, "mine.txt"), join(scratch, "link"));
  await using output = await open("out");
  await output.write("a.txt", [Buffer.from("x")]);
  const refusalOf = async (work: Promise<void>) => failureOf(await work.catch((error: unknown) => error))?.code;
  expect(await refusalOf(output.write("a.txt", [Buffer.from("y")]))).toBe("disk");
  expect(await refusalOf(output.linkFrom("b.txt", join(scratch, "link")))).toBe("directory_damaged");
  expect(await refusalOf(output.linkFrom("b.txt", join(scratch, "nothing")))).toBe("directory_damaged");
  await output.linkFrom("b.txt", join(scratch, "mine.txt"));
  expect((await stat(join(scratch, "mine.txt"))).nlink).toBe(2);
  await symlink(join(scratch, "mine.txt"), join(scratch, "pointing"));
  expect(await refusalOf(open("pointing").then(() => {}))).toBe("directory_foreign");
});
