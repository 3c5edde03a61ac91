import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { PrivateFiles } from "../../src/core/ports/private-files.ts";
import { scratchFolder } from "../scratch.ts";

/** What everything that keeps small private files does; each runs this suite. */
export function privateFilesContract(implementation: string, files: PrivateFiles): void {
  describe(`PrivateFiles contract (${implementation})`, () => {
    const open = async () => {
      const scratch = await scratchFolder();
      const folder = join(scratch.path, "state", "keys");
      await files.privateFolder(folder);
      return { path: join(folder, "key"), [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
    };

    test("a file is read as it was put there, each time as a whole", async () => {
      await using at = await open();
      for (const text of ["first", "", "second: long ".repeat(100_000), "é 🗂️"]) {
        await files.replaceFile(at.path, text);
        expect(await files.readPrivateFile(at.path)).toBe(text);
        expect(await files.readFile(at.path)).toBe(text);
      }
    });

    test("a folder is made with those above it, and may be there already", async () => {
      await using at = await open();
      const folder = join(at.path, "below", "that");
      await files.privateFolder(folder);
      await files.privateFolder(folder);
      await files.replaceFile(join(folder, "a"), "x");
      expect(await files.readPrivateFile(join(folder, "a"))).toBe("x");
    });

    test("of several who make a file at once one does; what stands there is kept", async () => {
      await using at = await open();
      const made = await Promise.all(["a", "b", "c", "d"].map((text) => files.createFile(at.path, text)));
      expect(made.filter(Boolean)).toHaveLength(1);
      expect(await files.readPrivateFile(at.path)).toBe("abcd"[made.indexOf(true)]);
      expect(await files.createFile(at.path, "later")).toBe(false);
      expect(await files.readPrivateFile(at.path)).toBe("abcd"[made.indexOf(true)]);
    });

    test("what was removed is gone, and there may be nothing to remove or to read", async () => {
      await using at = await open();
      await files.removeFile(at.path);
      await files.replaceFile(at.path, "x");
      await files.removeFile(at.path);
      for (const read of [files.readFile, files.readPrivateFile])
        await expect(read(at.path)).rejects.toMatchObject({ code: "ENOENT" });
      expect(await files.createFile(at.path, "again")).toBe(true);
    });

    test("a byte order mark before a text is none of it", async () => {
      await using at = await open();
      await files.replaceFile(at.path, "\uFEFFtext");
      expect(await files.readPrivateFile(at.path)).toBe("text");
    });
  });
}
