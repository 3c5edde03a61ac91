import { execFile } from "node:child_process";
import {
  chmod,
  chown,
  link,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";

import { describe, expect, test } from "vitest";

import { storageContract } from "../../../test/contracts/storage.ts";
import { fragileDisk } from "../../../test/power-loss.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { systemClock } from "../../clock.ts";
import { HoldLost } from "../../core/errors.ts";
import { fileHolds } from "./file-holds.ts";
import { nodeFileSystem } from "./file-system.ts";
import { folderStorage } from "./folder-storage.ts";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

storageContract("folder", async () => {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchFolder());
  const root = join(scratch.path, "root");
  await mkdir(root);
  const disk = stack.use(await fragileDisk(root));
  const open = folderStorage(fileHolds(systemClock, disk.files), disk.files);
  const ours = stack.move();
  let losses = 0;
  return {
    open: () => open(join(root, "above", "export")),
    async afterPowerLoss() {
      const copy = join(scratch.path, `after-${(losses += 1)}`);
      await disk.survivors(copy);
      return folderStorage(fileHolds(systemClock))(join(copy, "above", "export"));
    },
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
});

test("the lock has its name durably, and what a process that died had not synced is durable before it is gone on with", async () => {
  await using scratch = await scratchFolder();
  const root = join(scratch.path, "root");
  await mkdir(root);
  await using disk = await fragileDisk(root);
  const storage = folderStorage(fileHolds(systemClock, disk.files), disk.files)(join(root, "export"));
  await using _hold = await storage.hold(0);
  await disk.survivors(join(scratch.path, "held"));
  expect(await readdir(join(scratch.path, "held", "export"))).toEqual([".lock"]);
  await writeFile(join(root, "export", "a.part"), "one", { mode: 0o600 });
  await using _growing = await storage.grow("a", 3);
  await disk.survivors(join(scratch.path, "after"));
  expect(await readFile(join(scratch.path, "after", "export", "a.part"), "utf8")).toBe("one");
});

/** A directory of ours beside a file that is nobody's business here. */
async function world() {
  const scratch = await scratchFolder();
  const path = join(scratch.path, "export");
  const victim = join(scratch.path, "victim");
  await mkdir(path, { mode: 0o700 });
  await writeFile(victim, "mine", { mode: 0o600 });
  const storage = folderStorage(fileHolds(systemClock))(path);
  return { ...scratch, root: scratch.path, path, victim, storage, in: (name: string) => join(path, name) };
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

describe("a file that somebody planted", () => {
  const plants = {
    "a link": (victim: string, path: string) => symlink(victim, path),
    "a hard link": (victim: string, path: string) => link(victim, path),
  };

  test.each(Object.entries(plants))(
    "%s in the place of any file that is made is not written through",
    async (_, plant) => {
      await using w = await world();
      await using _hold = await w.storage.hold(0);
      for (const name of ["manifest.json.part", ".new-.journal", ".new-1.part", "a.part", ".new-b.part"])
        await plant(w.victim, w.in(name));
      await w.storage.put("manifest.json", [Buffer.from("{}")]);
      await w.storage.put((hash) => hash, [Buffer.from("blob")]);
      await using _journal = await w.storage.grow(".journal", 0, Buffer.from("first"));
      await using a = await w.storage.grow("a", 0);
      await a.append(Buffer.from("more"));
      await using _b = await w.storage.grow("b", 0, Buffer.from("first"));
      expect(await readFile(w.victim, "utf8")).toBe("mine");
      for (const name of await readdir(w.path)) {
        expect(await modeOf(w.in(name))).toBe(0o600);
        expect((await stat(w.in(name))).nlink).toBe(1);
      }
    },
  );

  test.each([
    ["a link", (w: { victim: string }, path: string) => symlink(w.victim, path)],
    ["a file", (_: unknown, path: string) => writeFile(path, "mine")],
  ])("%s in the place of a folder is told, and nothing is written", async (what, plant) => {
    await using w = await world();
    await plant(w, w.in("folder"));
    await using _hold = await w.storage.hold(0);
    await expect(w.storage.put(() => "folder/blob", [])).rejects.toMatchObject({
      failure: { code: "directory_damaged", message: expect.stringContaining(`folder is ${what}, not a folder`) },
    });
    expect(await readdir(w.path)).toEqual([".lock", "folder"]);
  });

  test("a hard link to what grew is not grown: what stood there is copied first", async () => {
    await using w = await world();
    await link(w.victim, w.in("a.part"));
    await using _hold = await w.storage.hold(0);
    await using growing = await w.storage.grow("a", 4);
    await growing.append(Buffer.from(" and more"));
    expect(await readFile(w.victim, "utf8")).toBe("mine");
    expect(await readFile(w.in("a.part"), "utf8")).toBe("mine and more");
  });

  test("what grew with another mode goes on in a file of our own", async () => {
    await using w = await world();
    await writeFile(w.in("a.part"), "mine", { mode: 0o666 });
    await chmod(w.in("a.part"), 0o666);
    const before = await stat(w.in("a.part"));
    await using _hold = await w.storage.hold(0);
    await using growing = await w.storage.grow("a", 4);
    await growing.append(Buffer.from(" and more"));
    const after = await stat(w.in("a.part"));
    expect([after.mode & 0o777, after.ino === before.ino]).toEqual([0o600, false]);
  });

  const who = isRoot ? "what grew is another user's" : "what grew is another user's (to be tried as root)";
  test(who, async () => {
    await using w = await world();
    await writeFile(w.in("a.part"), "mine", { mode: 0o600 });
    if (!isRoot)
      return expect(await w.storage.list()).toEqual([expect.not.objectContaining({ odd: expect.anything() })]);
    await chown(w.in("a.part"), NOBODY, NOBODY);
    expect(await w.storage.list()).toEqual([expect.objectContaining({ name: "a", odd: "another user's file" })]);
    await using _hold = await w.storage.hold(0);
    await using growing = await w.storage.grow("a", 4);
    await growing.append(Buffer.from(" and more"));
    expect((await stat(w.in("a.part"))).uid).toBe(0);
  });

  test.each([
    ["a link", (path: string, victim: string) => symlink(victim, path)],
    ["a hard link", (path: string, victim: string) => link(victim, path)],
    ["a named pipe", (path: string) => run("mkfifo", [path])],
    ["a folder", (path: string) => mkdir(path)],
    ["a file with something in it", (path: string) => writeFile(path, "SQLite format 3")],
  ])("%s in the place of the lock is refused in words", async (_, plant) => {
    await using w = await world();
    await plant(w.in(".lock"), w.victim);
    await expect(w.storage.hold(0)).rejects.toMatchObject({
      failure: { code: "disk", message: expect.stringContaining("cannot be locked") },
    });
    expect(await readFile(w.victim, "utf8")).toBe("mine");
  });

  test("a journal of SQLite's beside the lock is not played back", async () => {
    await using w = await world();
    await writeFile(w.in(".lock-journal"), Buffer.concat([Buffer.from("d9d505f920a163d7", "hex"), Buffer.alloc(600)]));
    await using hold = await w.storage.hold(0);
    expect(hold).toBeDefined();
    expect(await readdir(w.path)).toEqual([".lock"]);
  });

  test.each([
    ["a named pipe", "a named pipe", (path: string) => run("mkfifo", [path])],
    ["a link to a device", "a link", (path: string) => symlink("/dev/zero", path)],
    ["a link to itself", "a link", (path: string) => symlink(path, path)],
    ["a folder", "a folder", (path: string) => mkdir(path)],
  ])("%s is told and not waited for", async (_, told, plant) => {
    await using w = await world();
    await plant(w.in("a"));
    await plant(w.in("b.part"));
    const refusal = { failure: { code: "directory_damaged", message: expect.stringContaining(`is ${told}`) } };
    await expect(w.storage.open("a")).rejects.toMatchObject(refusal);
    await expect(w.storage.open("b", "growing")).rejects.toMatchObject(refusal);
    expect((await w.storage.list())?.map(({ odd }) => odd)).toEqual([told, told]);
  });
});

describe("the folder", () => {
  test.each([0o777, 0o755, 0o1777])("of mode %o is for its owner alone once it is held", async (mode) => {
    await using w = await world();
    await chmod(w.path, mode);
    await using _hold = await w.storage.hold(0);
    expect(await modeOf(w.path)).toBe(0o700);
  });

  test("that is a link when it is to be held is refused", async () => {
    await using w = await world();
    await rename(w.path, join(w.root, "elsewhere"));
    await symlink(join(w.root, "elsewhere"), w.path);
    await expect(w.storage.hold(0)).rejects.toMatchObject({ failure: { code: "disk" } });
    expect(await readdir(join(w.root, "elsewhere"))).toEqual([]);
  });

  test.each([
    ["a link", (path: string, other: string) => symlink(other, path)],
    ["another folder", (path: string) => mkdir(path)],
  ])("that %s took the place of is written no more", async (_, plant) => {
    await using w = await world();
    const other = join(w.root, "other");
    await mkdir(other);
    await using hold = await w.storage.hold(0);
    await using growing = await w.storage.grow("a", 0);
    await rename(w.path, join(w.root, "moved"));
    await plant(w.path, other);
    await expect(growing.append(Buffer.from("x"))).rejects.toThrow(HoldLost);
    await expect(w.storage.put("b", [Buffer.from("x")])).rejects.toThrow(HoldLost);
    expect(hold!.signal.reason).toBeInstanceOf(HoldLost);
    expect([await readdir(other), await readFile(join(w.root, "moved", "a.part"), "utf8")]).toEqual([[], ""]);
  });

  test("whose lock was taken away and taken by another is written no more by the first, whatever becomes of it", async () => {
    await using w = await world();
    await using _hold = await w.storage.hold(0);
    await w.storage.put("a", [Buffer.from("ours")]);
    await unlink(w.in(".lock"));
    await using theirs = await folderStorage(fileHolds(systemClock))(w.path).hold(0);
    expect(theirs).toBeDefined();
    await expect(w.storage.put("a", [Buffer.from("late")])).rejects.toThrow(HoldLost);
    await expect(w.storage.remove("a")).rejects.toThrow(HoldLost);
    await using content = await w.storage.open("a");
    expect(await text(content!.read())).toBe("ours");
  });

  test("that was removed under a hold is told, and not made again", async () => {
    await using w = await world();
    await using _hold = await w.storage.hold(0);
    await rm(w.path, { recursive: true });
    await expect(w.storage.put("a", [Buffer.from("x")])).rejects.toMatchObject({
      failure: { code: "disk", message: expect.stringContaining("was removed") },
    });
    await expect(stat(w.path)).rejects.toThrow("ENOENT");
  });
});

test("where it may not be read it says so, and nothing of writing", async () => {
  await using scratch = await scratchFolder();
  await writeFile(join(scratch.path, "manifest.json"), "{}");
  const closed = async (): Promise<never> => {
    throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES", syscall: "open" });
  };
  const storage = folderStorage(fileHolds(systemClock), { ...nodeFileSystem, readdir: closed, open: closed })(
    scratch.path,
  );
  for (const reading of [() => storage.list(), () => storage.open("manifest.json")])
    await expect(reading()).rejects.toMatchObject({
      failure: {
        code: "disk",
        message: `This may not be read: ${scratch.path} (EACCES).`,
        next: expect.stringContaining("read it"),
      },
    });
});
