import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { json } from "node:stream/consumers";

import { expect, test } from "vitest";

import { scratchFolder } from "../../../test/scratch.ts";

/** A process that opens all that it may, and then wants one more; it prints what becomes of that. */
const PROGRAM = `
const [here, path] = process.argv.slice(1);
const { open } = await import("node:fs/promises");
const { openSync } = await import("node:fs");
const { fileLock } = await import(here + "/lock.ts");
const { onDisk } = await import(here + "/disk.ts");
const clock = { now: () => 0, sleep: async () => {} };
const known = await fileLock(clock)(path + "/known", 0);
await known[Symbol.asyncDispose]();
try { for (;;) openSync("/dev/null"); } catch {}
const told = [];
for (const work of [
  () => fileLock(clock)(path + "/known", 0),
  () => fileLock(clock)(path + "/new", 0),
  () => onDisk(path, () => open(path + "/known")),
]) await work().then(() => told.push("done"), (error) => told.push(error.failure ?? String(error)));
process.stdout.write(JSON.stringify(told));
`;

test("where a process has no descriptors left, locking and opening fail as what passes by itself", async () => {
  await using folder = await scratchFolder();
  const command = `ulimit -n 64; exec "$0" --input-type=module -e "$1" "$2" "$3"`;
  const child = spawn("sh", ["-c", command, process.execPath, PROGRAM, join(import.meta.dirname), folder.path]);
  const [told] = await Promise.all([json(child.stdout), once(child, "close")]);
  const passes = expect.objectContaining({ code: "disk", retry: "backoff", outage: true });
  expect(told).toEqual([passes, passes, passes]);
});
