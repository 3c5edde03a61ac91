import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect, test } from "vitest";

import { refusalOf, requestOf } from "../../../test/contracts/job-queue.ts";
import { scheduleOf, schedulesContract, type SchedulesStage } from "../../../test/contracts/schedules.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { until } from "../../../test/wait.ts";
import { embeddedJobQueue } from "./job-queue.ts";
import { numberedRequest } from "./testing.ts";

async function open(): Promise<SchedulesStage & Readonly<{ path: string; warned: string[] }>> {
  const folder = await scratchFolder();
  const clock = manualClock();
  const warned: string[] = [];
  const log = { warn: (event: string, fields = {}) => void warned.push(`${event} ${JSON.stringify(fields)}`) };
  const all = [embeddedJobQueue(folder.path, clock, log)];
  const another = () => {
    all.push(embeddedJobQueue(folder.path, clock));
    return all.at(-1)!;
  };
  return {
    path: join(folder.path, "exports.sqlite"),
    clock,
    warned,
    queue: all[0]!,
    schedules: all[0]!.schedules,
    another,
    anotherSchedules: () => another().schedules,
    async [Symbol.asyncDispose]() {
      for (const queue of all) await queue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

schedulesContract("embedded", open);

test("a damaged schedule is told and left out, starts nothing, and can be removed", async () => {
  await using at = await open();
  const bad = await at.schedules.add(scheduleOf("ada@example.com"));
  const good = await at.schedules.add(scheduleOf("bob@example.com"));
  const database = new DatabaseSync(at.path);
  for (const change of [
    "{",
    "null",
    JSON.stringify({ ...bad, next: { at: 1e300, startAt: 1 } }),
    JSON.stringify({ ...bad, request: { ...bad.request, batchSize: 0 } }),
    JSON.stringify({ ...bad, ran: [1] }),
    JSON.stringify({ ...bad, jitterSeconds: -1 }),
  ]) {
    database.prepare("UPDATE schedule SET schedule = ? WHERE id = ?").run(change, bad.id);
    expect(await refusalOf(at.schedules.get(bad.id)), change).toBe("internal");
    expect(await at.schedules.list()).toEqual([good]);
  }
  database.close();
  expect(at.warned).toEqual([expect.stringContaining(bad.id)]);
  await at.schedules.remove(bad.id);
  expect(await refusalOf(at.schedules.get(bad.id))).toBe("schedule_unknown");
});

test("a list of exports that an older version wrote has schedules too, and keeps its exports", async () => {
  await using folder = await scratchFolder();
  const written = join(import.meta.dirname, "../../../test/fixtures/version-0.1/state/exports.sqlite");
  await cp(written, join(folder.path, "exports.sqlite"));
  const queue = embeddedJobQueue(folder.path, manualClock());
  const before = await queue.list(50);
  expect(before.exports.length).toBeGreaterThan(0);
  const made = await queue.schedules.add(
    scheduleOf("ada@example.com", { request: requestOf("ada@example.com", "/new") }),
  );
  const starting = await queue.schedules.start(made, {});
  if (starting.outcome !== "started") throw new Error(`not started: ${starting.outcome}`);
  const after = (await queue.list(50)).exports;
  expect(after.filter(({ id }) => id !== starting.job.id)).toEqual(before.exports);
  expect(after).toHaveLength(before.exports.length + 1);
  await queue.close();
});

test("a process that is killed while it starts exports leaves as many in the queue as its schedule has run: none twice, none lost", async () => {
  await using folder = await scratchFolder();
  const queue = embeddedJobQueue(folder.path, manualClock());
  const at = { at: 0, startAt: 0 };
  const { id } = await queue.schedules.add({ ...scheduleOf("ada@example.com"), request: numberedRequest(0), next: at });
  const runs = async (): Promise<number> => (await queue.schedules.get(id)).next!.at;
  for (const killed of [1, 2, 3]) {
    const before = await runs();
    const child = spawn(process.execPath, [join(import.meta.dirname, "testing.ts"), folder.path, id]);
    await until(async () => (await runs()) > before + killed * 7);
    child.kill("SIGKILL");
    await once(child, "close");
    const [schedule, { exports }] = [await queue.schedules.get(id), await queue.list(10_000)];
    expect(exports.map(({ request }) => request.directory).toReversed()).toEqual(
      Array.from({ length: schedule.next!.at }, (_, n) => numberedRequest(n).directory),
    );
    expect(schedule.lastRun!.exportId).toBe(exports[0]!.id);
  }
  await queue.close();
});
