import { mkdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { holdsContract } from "../../../test/contracts/holds.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { systemClock } from "../../clock.ts";
import { HoldLost } from "../../core/errors.ts";
import { fileHolds } from "./file-holds.ts";

holdsContract("embedded", async () => {
  const scratch = await scratchFolder();
  let places = 0;
  return {
    open: () => fileHolds(systemClock),
    async place() {
      const path = join(scratch.path, String((places += 1)));
      await mkdir(path);
      return path;
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
});

test("a place that is no folder is held by a file elsewhere", async () => {
  await using scratch = await scratchFolder();
  const holds = fileHolds(systemClock, undefined, () => join(scratch.path, "somewhere"));
  await using held = await holds.take("s3://bucket/prefix", 0);
  await held!.confirm();
  expect([await holds.isHeld("s3://bucket/prefix"), await holds.take("s3://bucket/prefix", 0)]).toEqual([
    true,
    undefined,
  ]);
});

test.each([
  ["another lock took the place of", "directory_busy", (from: string, path: string) => rename(from, path)],
  ["was removed", "disk", (_: string, path: string) => unlink(path)],
])("where the lock %s the hold is lost, for good", async (_, code, tamper) => {
  await using scratch = await scratchFolder();
  const [one, other] = [join(scratch.path, "one"), join(scratch.path, "other")];
  await mkdir(one);
  await mkdir(other);
  const holds = fileHolds(systemClock);
  await using held = await holds.take(one, 0);
  await using elsewhere = await holds.take(other, 0);
  await elsewhere!.confirm();
  await tamper(join(other, ".lock"), join(one, ".lock"));
  await expect(held!.confirm()).rejects.toMatchObject({ failure: { code } });
  await expect(held!.confirm()).rejects.toThrow(HoldLost);
  expect(held!.signal.reason).toBeInstanceOf(HoldLost);
});
