import { buffer, text } from "node:stream/consumers";

import { describe, expect, test } from "vitest";

import type { Storage } from "../../src/core/ports/storage.ts";

/** One place, for a test. */
export type StoragePlace = AsyncDisposable &
  Readonly<{
    /** The storage as another process would open it. */
    open(): Storage;
    /** The same place behind a loss of power at this moment. */
    afterPowerLoss(): Promise<Storage>;
  }>;

const bytes = (content: string): Buffer => Buffer.from(content);

/** What stands under a name; undefined when there is nothing. */
async function contentOf(storage: Storage, name: string, growing?: "growing"): Promise<string | undefined> {
  await using content = await storage.open(name, growing);
  return content && (await text(content.read()));
}

/** What every storage promises to those above it. */
export function storageContract(implementation: string, make: () => Promise<StoragePlace>): void {
  describe(`Storage contract (${implementation})`, () => {
    test("where nothing is, there is nothing to list, to open, or to hold", async () => {
      await using place = await make();
      const storage = place.open();
      expect(await storage.resolvePlace()).toBeUndefined();
      expect(await storage.list()).toBeUndefined();
      expect(await storage.open("a")).toBeUndefined();
      expect(await storage.isHeld()).toBe(false);
    });

    test("a directory is held by one at a time; taking it makes it, durably, and its number rises", async () => {
      await using place = await make();
      const [one, other] = [place.open(), place.open()];
      let first = 0;
      {
        await using hold = await one.hold(0);
        first = hold!.number;
        expect(await other.hold(0)).toBeUndefined();
        expect(await other.isHeld()).toBe(true);
        expect((await (await place.afterPowerLoss()).list())?.every(({ name }) => name.startsWith("."))).toBe(true);
      }
      expect(await other.isHeld()).toBe(false);
      await using hold = await other.hold(0);
      expect(hold!.number).toBeGreaterThan(first);
    });

    test("who does not hold it writes nothing", async () => {
      await using place = await make();
      const storage = place.open();
      await (await storage.hold(0))![Symbol.asyncDispose]();
      await expect(storage.put("a", [bytes("x")])).rejects.toThrow(RangeError);
      await expect(storage.grow("a", 0)).rejects.toThrow(RangeError);
      await expect(storage.remove("a")).rejects.toThrow(RangeError);
    });

    test("what was put is there as a whole, durably, and can be read in part", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      const put = await storage.put("a", [bytes("one "), bytes("two")]);
      expect(put).toMatchObject({ name: "a", bytes: 7, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
      const after = await place.afterPowerLoss();
      expect(await contentOf(after, "a")).toBe("one two");
      await using content = await storage.open("a");
      expect(content).toMatchObject({ name: "a", bytes: 7, stamp: put.stamp });
      expect(await text(content!.read(4, 6))).toBe("tw");
    });

    test("another put takes its place: who had opened the first reads on in that, and its stamp is another", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      const first = await storage.put("a", [bytes("first")]);
      await using opened = await storage.open("a");
      const second = await storage.put("a", [bytes("other")]);
      expect(await text(opened!.read())).toBe("first");
      expect(second.stamp).not.toBe(first.stamp);
      expect(await contentOf(await place.afterPowerLoss(), "a")).toBe("other");
    });

    test("a name may be made of the hash of what was put", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      const { name, sha256 } = await storage.put((hash) => `blob-${hash.slice(0, 8)}`, [bytes("content")]);
      expect(name).toBe(`blob-${sha256.slice(0, 8)}`);
      expect(await contentOf(await place.afterPowerLoss(), name)).toBe("content");
    });

    test("files in folders are put, named, read and removed like others, and are durable with their folders", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      expect(await Array.fromAsync(storage.namesIn("a"))).toEqual([]);
      const puts = ["a/1/x", "a/1/y", "a/2/x"].map((name) => storage.put(() => name, [bytes(name)]));
      await Promise.all(puts);
      await storage.put("b/z", [bytes("named")]);
      const after = await place.afterPowerLoss();
      expect((await Array.fromAsync(after.namesIn("a"))).toSorted()).toEqual(["a/1/x", "a/1/y", "a/2/x"]);
      expect(await contentOf(after, "a/1/y")).toBe("a/1/y");
      expect(await contentOf(after, "b/z")).toBe("named");
      const names = (await storage.list())?.filter(({ odd }) => odd === undefined).map(({ name }) => name);
      expect(names?.filter((name) => !name.startsWith("."))).toEqual([]);
      await storage.remove("a/1/x");
      const behind = await place.afterPowerLoss();
      expect((await Array.fromAsync(behind.namesIn("a"))).toSorted()).toEqual(["a/1/y", "a/2/x"]);
    });

    test("a stream that breaks off leaves what was there", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      await storage.put("a", [bytes("before")]);
      const broken = async function* () {
        yield bytes("half");
        throw new Error("broke off");
      };
      await expect(storage.put("a", broken())).rejects.toThrow("broke off");
      expect(await contentOf(storage, "a")).toBe("before");
      await storage.put("a", [bytes("after")]); // what is left of the other is in nobody's way
      expect(await contentOf(storage, "a")).toBe("after");
    });

    test("a growing file is durable at every step, under a name of its own until it is sealed", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      await using growing = await storage.grow("a", 0);
      expect(await contentOf(await place.afterPowerLoss(), "a", "growing")).toBe("");
      await growing.append(bytes("one "));
      expect(await contentOf(await place.afterPowerLoss(), "a", "growing")).toBe("one ");
      await growing.append(bytes("two "));
      expect(await contentOf(await place.afterPowerLoss(), "a", "growing")).toBe("one two ");
      expect(await storage.open("a")).toBeUndefined();
      expect(await storage.list()).toContainEqual(expect.objectContaining({ name: "a", growing: true, bytes: 8 }));
      const sealed = await growing.seal(bytes("end"));
      const after = await place.afterPowerLoss();
      expect(await contentOf(after, "a")).toBe("one two end");
      expect(await after.open("a", "growing")).toBeUndefined();
      expect(await storage.list()).toContainEqual({ ...sealed, growing: false });
    });

    test("a growing file goes on behind what is kept of it; the torn rest is gone, durably", async () => {
      for (const keep of [8, 4, 0]) {
        await using place = await make();
        const storage = place.open();
        await using _hold = await storage.hold(0);
        {
          await using growing = await storage.grow("a", 0);
          await growing.append(bytes("one two "));
        }
        const kept = "one two ".slice(0, keep);
        await using growing = await storage.grow("a", keep);
        expect(await contentOf(await place.afterPowerLoss(), "a", "growing")).toBe(kept);
        await growing.append(bytes("three"));
        expect(await contentOf(await place.afterPowerLoss(), "a", "growing")).toBe(`${kept}three`);
      }
    });

    test("a growing file that is begun anew has its beginning at once, durably", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      for (const first of ["first", "second"]) {
        await using growing = await storage.grow(".a", 0, bytes(first));
        expect(await contentOf(await place.afterPowerLoss(), ".a", "growing")).toBe(first);
        await growing.append(bytes(" and more"));
        expect(await contentOf(await place.afterPowerLoss(), ".a", "growing")).toBe(`${first} and more`);
      }
    });

    test("what was removed stays away, and there may be nothing to remove", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      await storage.put("a", [bytes("x")]);
      await (await storage.grow("b", 0, bytes("y")))[Symbol.asyncDispose]();
      await storage.remove("a");
      await storage.remove("b", "growing");
      await storage.remove("c");
      const after = await place.afterPowerLoss();
      expect(await after.open("a")).toBeUndefined();
      expect(await after.open("b", "growing")).toBeUndefined();
    });

    test("a large file comes in pieces, and is what was put", async () => {
      await using place = await make();
      const storage = place.open();
      await using _hold = await storage.hold(0);
      const piece = Buffer.alloc(1 << 20, "0123456789abcdef");
      await storage.put(
        "a",
        Array.from({ length: 5 }, () => piece),
      );
      await using content = await storage.open("a");
      let largest = 0;
      let size = 0;
      for await (const chunk of content!.read()) {
        largest = Math.max(largest, chunk.length);
        size += chunk.length;
      }
      expect([size, largest < piece.length]).toEqual([5 * piece.length, true]);
      expect((await buffer(content!.read((2 << 20) - 3, (2 << 20) + 3))).toString()).toBe("def012");
    });
  });
}
