import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { scratchFolder } from "../../../test/scratch.ts";

test("a close waits for the file also where the answer to a call comes in between that nobody waits for any more", async () => {
  await using folder = await scratchFolder();
  const program = join(folder.path, "close.mjs");
  await writeFile(
    program,
    `import { databaseThread } from ${JSON.stringify(new URL("database-thread.ts", import.meta.url).href)};
    const { call, close } = databaseThread(${JSON.stringify(folder.path)});
    call("listSchedules").catch(() => {});
    await close();
    console.log("closed");`,
  );
  // A process that has nothing more to wait for ends in the middle of the close, with another code.
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  expect(stdout).toBe("closed\n");
});
