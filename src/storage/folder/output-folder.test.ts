import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { outputFolderContract } from "../../../test/contracts/output-folder.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { systemClock } from "../../clock.ts";
import { failureOf } from "../../core/errors.ts";
import { nodeFileSystem, type FileSystem } from "./file-system.ts";
import { fileLock } from "./lock.ts";
import { outputFolders } from "./output-folder.ts";

outputFolderContract("folder", outputFolders(fileLock(systemClock)));

test("what the disk did not take is not published", async () => {
  await using scratch = await scratchFolder();
  const files: FileSystem = {
    ...nodeFileSystem,
    async open(path, ...how) {
      const file = await nodeFileSystem.open(path, ...how);
      const sync = () => Promise.reject(Object.assign(new Error("i/o error"), { code: "EIO", syscall: "fsync" }));
      return path.endsWith("one.eml") ? Object.assign(file, { sync }) : file;
    },
  };
  {
    const signal = new AbortController().signal;
    await using output = await outputFolders(fileLock(systemClock), files)(join(scratch.path, "out"), signal);
    await output.write("one.eml", [Buffer.from("one")]);
    const refusal = failureOf(await output.publish().catch((error: unknown) => error));
    expect(refusal).toMatchObject({ code: "disk" });
  }
  expect(await readdir(scratch.path)).toEqual([]);
});
