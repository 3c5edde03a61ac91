import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { failureOf } from "../../src/core/errors.ts";
import type { OpenOutputFolder } from "../../src/core/ports/output-folder.ts";
import { scratchFolder } from "../scratch.ts";

const NEVER = new AbortController().signal;

const refusalOf = async (work: Promise<unknown>): Promise<string | undefined> =>
  failureOf(await work.catch((error: unknown) => error))?.code;

/** What every way of making folders must keep; they lie on this machine's file system, as what is asked for does. */
export function outputFolderContract(implementation: string, openOutput: OpenOutputFolder): void {
  describe(`OutputFolder contract (${implementation})`, () => {
    test("very many files may be added to in turn, more than are open at once", async () => {
      await using scratch = await scratchFolder();
      const names = Array.from({ length: 150 }, (_, n) => `label ${n}.mbox`);
      {
        await using output = await openOutput(join(scratch.path, "out"), NEVER);
        for (const round of ["one", "two", "three"])
          for (const name of names) await output.append(name, [Buffer.from(`${round} `), Buffer.from(name)]);
        expect(output.made().files).toBe(150);
        await output.publish();
      }
      expect(await readdir(scratch.path)).toEqual(["out"]);
      const out = join(scratch.path, "out");
      expect((await readdir(out)).toSorted()).toEqual(names.toSorted());
      for (const name of names)
        expect(await readFile(join(out, name), "utf8")).toBe(`one ${name}two ${name}three ${name}`);
    });

    test("what is not published is not there", async () => {
      await using scratch = await scratchFolder();
      {
        await using output = await openOutput(join(scratch.path, "dropped"), NEVER);
        await output.write("a/b/c.txt", [Buffer.from("x")]);
      }
      expect(await readdir(scratch.path)).toEqual([]);
    });

    test("files and folders are for their owner alone", async () => {
      await using scratch = await scratchFolder();
      const out = join(scratch.path, "out");
      await using output = await openOutput(out, NEVER);
      await output.write("a/b/c.txt", [Buffer.from("x")], Date.UTC(2023, 11, 5));
      await output.makeFolder("a/empty");
      await output.link("a/again.txt", "a/b/c.txt");
      await output.publish();
      const modes = await Promise.all(
        [".", "a", "a/b", "a/empty", "a/b/c.txt"].map(async (name) => (await stat(join(out, name))).mode & 0o777),
      );
      expect(modes).toEqual([0o700, 0o700, 0o700, 0o700, 0o600]);
      expect((await stat(join(out, "a/b/c.txt"))).mtimeMs).toBe(Date.UTC(2023, 11, 5));
      expect(await readFile(join(out, "a/again.txt"), "utf8")).toBe("x");
    });

    test("a file is not made twice, and no link is followed", async () => {
      await using scratch = await scratchFolder();
      const at = (name: string): string => join(scratch.path, name);
      await writeFile(at("mine.txt"), "mine");
      await symlink(at("mine.txt"), at("link"));
      await using output = await openOutput(at("out"), NEVER);
      await output.write("a.txt", [Buffer.from("x")]);
      expect(await refusalOf(output.write("a.txt", [Buffer.from("y")]))).toBe("disk");
      expect(await refusalOf(output.linkFrom("b.txt", at("link")))).toBe("directory_damaged");
      expect(await refusalOf(output.linkFrom("b.txt", at("nothing")))).toBe("directory_damaged");
      await output.linkFrom("b.txt", at("mine.txt"));
      expect((await stat(at("mine.txt"))).nlink).toBe(2);
      expect(await refusalOf(openOutput(at("link"), NEVER))).toBe("directory_foreign");
      expect(await refusalOf(openOutput(at("out"), NEVER))).toBe("directory_busy");
    });
  });
}
