import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { describe, expect, test } from "vitest";

import { storageContract } from "../../../test/contracts/storage.ts";
import { losableHolds } from "../../../test/losable-holds.ts";
import { fragileDisk, isPowerLost } from "../../../test/power-loss.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { systemClock } from "../../clock.ts";
import { HoldLost } from "../../core/errors.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { fileHolds } from "./file-holds.ts";
import { nodeFileSystem, type FileSystem } from "./file-system.ts";
import { folderStorage } from "./folder-storage.ts";

storageContract("folder, under holds that can be lost", async () => {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchFolder());
  const root = join(scratch.path, "root");
  await mkdir(root);
  const disk = stack.use(await fragileDisk(root));
  const holds = losableHolds();
  const open = folderStorage(holds.open(), disk.files);
  const ours = stack.move();
  let losses = 0;
  return {
    open: () => open(join(root, "above", "export")),
    async afterPowerLoss() {
      const copy = join(scratch.path, `after-${(losses += 1)}`);
      await disk.survivors(copy);
      return folderStorage(losableHolds().open())(join(copy, "above", "export"));
    },
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
});

const bytes = (content: string): Buffer => Buffer.from(content);

async function contentOf(storage: Storage, name: string, growing?: "growing"): Promise<string | undefined> {
  await using content = await storage.open(name, growing);
  return content && (await text(content.read()));
}

/** All files below a folder, by their paths in it. */
async function filesBelow(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries.flatMap((entry) => (entry.isFile() ? join(entry.parentPath, entry.name) : []));
  const contents = files.map(async (file) => [file.slice(path.length + 1), await readFile(file, "utf8")] as const);
  return Object.fromEntries(await Promise.all(contents));
}

/** The same, but for what no export has. */
async function contentBelow(path: string): Promise<Record<string, string>> {
  const all = Object.entries(await filesBelow(path));
  return Object.fromEntries(all.filter(([name]) => ![".place", ".lock"].includes(name)));
}

/** A file system that stops before an operation until `meanwhile` has ended: that of number `at`, the first is 0, of those that count. */
function stopping(at: number, counts: () => boolean, meanwhile: () => Promise<void>): FileSystem {
  let count = 0;
  const operation = async <T>(work: () => Promise<T>): Promise<T> => {
    if (counts() && (count += 1) === at + 1) await meanwhile();
    return work();
  };
  const { open, mkdir: make, rename, link, unlink, rmdir, syncFolder, lstat, readdir: list } = nodeFileSystem;
  return {
    async open(path, flags, mode) {
      const file = await operation(() => open(path, flags, mode));
      return {
        read: file.read.bind(file),
        stat: file.stat.bind(file),
        chmod: file.chmod.bind(file),
        close: file.close.bind(file),
        [Symbol.asyncDispose]: () => file.close(),
        write: ((...args: Parameters<typeof file.write>) => operation(() => file.write(...args))) as typeof file.write,
        sync: () => operation(() => file.sync()),
        datasync: () => operation(() => file.datasync()),
      };
    },
    mkdir: (path, mode) => operation(() => make(path, mode)),
    rename: (from, to) => operation(() => rename(from, to)),
    link: (from, to) => operation(() => link(from, to)),
    unlink: (path) => operation(() => unlink(path)),
    rmdir: (path) => operation(() => rmdir(path)),
    syncFolder: (path) => operation(() => syncFolder(path)),
    lstat: (path) => operation(() => lstat(path)),
    readdir: (path) => operation(() => list(path)),
  };
}

/** What a holder does that is frozen in the middle of it: each is a way to change what others see. */
const WORK: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  "putting a new file": (storage) => storage.put("new", [bytes("late")]),
  "putting another manifest": (storage) => storage.put("manifest.json", [bytes("late")]),
  "putting a file whose name is its hash": (storage) => storage.put((hash) => `blobs/${hash}`, [bytes("late")]),
  "removing a file": (storage) => storage.remove("old"),
  "removing one in a folder": (storage) => storage.remove("blobs/old"),
  "removing what grows": (storage) => storage.remove(".journal", "growing"),
  "beginning to let a file grow": (storage) => letGrow(storage, "new", 0),
  "beginning it anew with what it has at once": (storage) => letGrow(storage, ".journal", 0, "late"),
  "going on with a file behind its torn end": (storage) => letGrow(storage, "batch", 4),
  "going on with a file as it was": (storage) => letGrow(storage, "batch", 6),
  "sealing a new batch": (storage) => letGrow(storage, "batch", 6, "", "]"),
  "sealing one in place of another": (storage) => letGrow(storage, "old", 7, "", "]"),
};

async function letGrow(storage: Storage, name: string, keep: number, first = "", end?: string): Promise<void> {
  await using file = await storage.grow(name, keep, bytes(first));
  await file.append(bytes("late"));
  if (end !== undefined) await file.seal(bytes(end));
}

/** What stands there before: finished files, and those that grow, some of which another holder left where nobody writes. */
async function prepare(storage: Storage): Promise<void> {
  await using _hold = await storage.hold(0);
  for (const name of ["manifest.json", "old", "blobs/old"]) await storage.put(name, [bytes("before")]);
  const pieces = { batch: "[\none\n", ".journal": "listed", old: "rewrite" };
  for (const [name, content] of Object.entries(pieces)) {
    await using file = await storage.grow(name, 0);
    await file.append(bytes(content));
  }
}

describe("who was frozen at any moment, and believes that it holds the directory still, changes nothing of what another has made of it", () => {
  test.each(
    Object.entries(WORK).flatMap(([title, work]) =>
      [true, false].map((isHeldStill) => ({ title, work, isHeldStill, rest: isHeldStill ? "holds it" : "has ended" })),
    ),
  )("$title, while the other $rest", async ({ work, isHeldStill }) => {
    await using scratch = await scratchFolder();
    let moments = 0;
    for (let at = 0; ; at += 1) {
      await using stack = new AsyncDisposableStack();
      const path = join(scratch.path, String(at));
      const holds = losableHolds();
      const other = folderStorage(holds.open())(path);
      await prepare(other);

      let after: Record<string, string> | undefined;
      let isWorking = false;
      const files = stopping(
        at,
        () => isWorking,
        async () => {
          holds.expire();
          const hold = stack.use((await other.hold(0))!);
          await other.put("manifest.json", [bytes("after")]);
          const durable = (await contentOf(other, "batch", "growing")) ?? "";
          await using file = await other.grow("batch", durable.length);
          await file.append(bytes("two\n"));
          await file.seal(bytes("]"));
          if (!isHeldStill) await hold[Symbol.asyncDispose]();
          after = await filesBelow(path);
        },
      );
      const frozen = folderStorage(holds.open("frozen"), files)(path);
      await frozen.hold(0);
      isWorking = true;
      const ended = await work(frozen).then(
        () => "done",
        (error: unknown) => error,
      );
      if (!after) {
        expect(ended).toBe("done");
        break;
      }
      moments += 1;
      expect(await filesBelow(path)).toEqual(after);
      if (ended !== "done") expect(ended).toBeInstanceOf(HoldLost); // or it was done before the other came
      await expect(frozen.put("later", [bytes("late")])).rejects.toThrow(HoldLost);
      expect(await filesBelow(path)).toEqual(after);
    }
    expect(moments).toBeGreaterThan(5);
  });
});

test("what an earlier holder had made durable goes on under the next, behind what it was; late bytes of the first are nowhere", async () => {
  await using scratch = await scratchFolder();
  const path = join(scratch.path, "export");
  const holds = losableHolds();
  const [frozen, next] = [folderStorage(holds.open("frozen"))(path), folderStorage(holds.open())(path)];
  await frozen.hold(0);
  await using before = await frozen.grow("batch", 0);
  await before.append(bytes("one"));
  holds.expire();
  await using _hold = await next.hold(0);
  expect(await contentOf(next, "batch", "growing")).toBe("one");
  await expect(before.append(bytes("late"))).rejects.toThrow(HoldLost);
  await using file = await next.grow("batch", 3);
  await file.append(bytes(" two"));
  await expect(before.seal(bytes(" late"))).rejects.toThrow(HoldLost);
  await file.seal(bytes(" end"));
  expect(await contentBelow(path)).toEqual({ batch: "one two end" });
});

test.each([
  ["a lower number than", 0],
  ["the number of", 1],
])("who takes a directory with %s one that writes there is told so, and leaves it as it is", async (_, last) => {
  await using scratch = await scratchFolder();
  const path = join(scratch.path, "export");
  const early = folderStorage(losableHolds(1).open())(path);
  const late = folderStorage(losableHolds(last).open())(path); // of another deployment, or of a database that forgot
  await using _hold = await early.hold(0);
  await early.put("a", [bytes("x")]);
  const before = await filesBelow(path);
  await expect(late.hold(0)).rejects.toThrow(HoldLost);
  expect(await filesBelow(path)).toEqual(before);
});

test("who was frozen before it had made its folder, until another had come and gone, is told so, and changes nothing", async () => {
  await using scratch = await scratchFolder();
  const path = join(scratch.path, "export");
  const holds = losableHolds();
  const other = folderStorage(holds.open())(path);
  await prepare(other);
  const ours = holds.open();
  let before: Record<string, string> = {};
  const late = folderStorage({
    ...ours,
    async take(...args) {
      const held = await ours.take(...args);
      holds.expire();
      {
        await using _hold = await other.hold(0);
        await other.put("manifest.json", [bytes("after")]);
      }
      before = await filesBelow(path);
      return held;
    },
  })(path);
  await expect(late.hold(0)).rejects.toThrow(HoldLost);
  expect(await filesBelow(path)).toEqual(before);
  expect((await readdir(path)).filter((name) => name.startsWith(".writing"))).toEqual([]);
});

test("what grew where nobody wrote, and was removed, stays away, also when the power fails", async () => {
  await using scratch = await scratchFolder();
  const root = join(scratch.path, "root");
  const holds = losableHolds();
  await prepare(folderStorage(holds.open())(join(root, "export")));
  await using disk = await fragileDisk(root);
  const storage = folderStorage(holds.open(), disk.files)(join(root, "export"));
  await using _hold = await storage.hold(0);
  await storage.remove("batch", "growing");
  await disk.survivors(join(scratch.path, "after"));
  const after = folderStorage(losableHolds(100).open())(join(scratch.path, "after", "export"));
  expect([await contentOf(after, "batch", "growing"), await contentOf(after, "old", "growing")]).toEqual([
    undefined,
    "rewrite",
  ]);
});

describe("a hold that was lost, though nobody has taken the place yet", () => {
  test("confirms no file in place of another", async () => {
    await using scratch = await scratchFolder();
    const holds = losableHolds();
    const storage = folderStorage(holds.open())(join(scratch.path, "export"));
    await prepare(storage);
    await using _hold = await storage.hold(0);
    await using batch = await storage.grow("old", 7);
    holds.expire();
    await expect(storage.put("manifest.json", [bytes("late")])).rejects.toThrow(HoldLost);
    await expect(batch.seal(bytes("late"))).rejects.toThrow(HoldLost);
    expect([await contentOf(storage, "manifest.json"), await contentOf(storage, "old")]).toEqual(["before", "before"]);
  });

  test("stops every write once it shows", async () => {
    await using scratch = await scratchFolder();
    const path = join(scratch.path, "export");
    const lost = new AbortController();
    const holds = losableHolds().open();
    const storage = folderStorage({
      ...holds,
      async take(...args) {
        const held = await holds.take(...args);
        return held && { ...held, signal: lost.signal };
      },
    })(path);
    await prepare(storage);
    const hold = await storage.hold(0);
    await using batch = await storage.grow("batch", 6);
    const before = await filesBelow(path);
    lost.abort(new HoldLost("It was not renewed in time."));
    expect(hold!.signal.reason).toBeInstanceOf(HoldLost);
    for (const work of [
      () => storage.put("new", [bytes("late")]),
      () => batch.append(bytes("late")),
      () => batch.seal(bytes("late")),
      () => storage.remove("old"),
      () => storage.grow("other", 0),
    ])
      await expect(work()).rejects.toThrow(HoldLost);
    await hold![Symbol.asyncDispose]();
    expect(await filesBelow(path)).toEqual(before);
  });
});

test("a directory in which nobody writes looks the same under either kind of hold, and goes on under the other", async () => {
  await using scratch = await scratchFolder();
  const path = join(scratch.path, "export");
  const local = folderStorage(fileHolds(systemClock))(path);
  await prepare(local);
  const expected = await contentBelow(path);
  const shared = folderStorage(losableHolds().open())(path);
  {
    await using _hold = await shared.hold(0);
    for (const [name, keep] of [
      ["batch", 6],
      [".journal", 6],
    ] as const)
      await (await shared.grow(name, keep))[Symbol.asyncDispose]();
    expect(await contentOf(local, "batch", "growing")).toBe("[\none\n"); // who reads finds it wherever it is
  }
  expect(await contentBelow(path)).toEqual(expected);
});

test("what a process of many machines left when it was killed goes on where there is no other", async () => {
  await using scratch = await scratchFolder();
  const path = join(scratch.path, "export");
  const killed = folderStorage(losableHolds().open())(path);
  await prepare(killed);
  await killed.hold(0);
  await using file = await killed.grow("batch", 6);
  await file.append(bytes("two\n"));
  const local = folderStorage(fileHolds(systemClock))(path);
  await using _hold = await local.hold(0);
  expect(await contentOf(local, "batch", "growing")).toBe("[\none\ntwo\n");
  expect(Object.keys(await contentBelow(path)).filter((name) => name.startsWith(".writing"))).toEqual([]);
  await expect(file.append(bytes("late"))).rejects.toThrow(HoldLost);
});

test("whenever the power fails while a directory is taken over or given back, what was durable goes on with the next", async () => {
  await using scratch = await scratchFolder();
  for (let cutAt = 0; ; cutAt += 1) {
    const root = join(scratch.path, `disk-${cutAt}`);
    const path = join(root, "export");
    const holds = losableHolds();
    {
      const frozen = folderStorage(holds.open("frozen"))(path);
      await prepare(frozen);
      await frozen.hold(0);
      await using file = await frozen.grow("batch", 6);
      await file.append(bytes("two\n"));
    }
    holds.expire();
    await using disk = await fragileDisk(root, cutAt);
    const next = folderStorage(holds.open(), disk.files)(path);
    const work = async (): Promise<void> => {
      await using _hold = await next.hold(0);
      await (await next.grow(".journal", 6))[Symbol.asyncDispose]();
    };
    await work().catch((error: unknown) => {
      if (!isPowerLost(error)) throw error;
    });
    await disk.survivors(join(scratch.path, `left-${cutAt}`));
    const left = folderStorage(losableHolds(100).open())(join(scratch.path, `left-${cutAt}`, "export"));
    await using _hold = await left.hold(0);
    const names = ["batch", ".journal", "old"];
    const found = await Promise.all(names.map((name) => contentOf(left, name, "growing")));
    expect([cutAt, ...found]).toEqual([cutAt, "[\none\ntwo\n", "listed", "rewrite"]);
    if (disk.operations() <= cutAt) break;
  }
});
