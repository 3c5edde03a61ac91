import { stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { alarmMemoryContract, RECORD } from "../../../test/contracts/alarm-memory.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { systemClock } from "../../clock.ts";
import { fileLock } from "../../storage/folder/lock.ts";
import { filesOnDisk as files } from "../../storage/folder/private-files.ts";
import { alarmMemory } from "./alarm-memory.ts";

const lock = fileLock(systemClock);
const never = new AbortController().signal;

alarmMemoryContract("embedded", async () => {
  const folder = await scratchFolder();
  const another = () => alarmMemory(join(folder.path, "state", "alarms.json"), files, lock);
  return { memory: another(), another, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
});

test("a file that is torn, or says what cannot be, is as good as none; it is for its owner alone", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "alarms.json");
  const memory = alarmMemory(path, files, lock);
  await memory.exclusively((_, keep) => keep(RECORD), never);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await truncate(path, 100);
  expect(await memory.read()).toEqual({});
  const [alarm] = RECORD["one"]!.alarms;
  for (const odd of [{ nextAt: 1e300 }, { event: "on fire" }, { attempts: -1 }]) {
    await writeFile(path, JSON.stringify({ one: { alarms: [{ ...alarm, ...odd }] } }));
    expect(await memory.read()).toEqual({});
  }
});
