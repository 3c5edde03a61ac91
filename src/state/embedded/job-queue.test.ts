import { execFile } from "node:child_process";
import { link, mkdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { jobQueueContract, refusalOf, requestOf, type JobQueueStage } from "../../../test/contracts/job-queue.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { until } from "../../../test/wait.ts";
import { failureOf } from "../../core/errors.ts";
import { embeddedJobQueue } from "./job-queue.ts";

type Stage = JobQueueStage & Readonly<{ folder: string; path: string; warned: string[] }>;

async function open(): Promise<Stage> {
  const folder = await scratchFolder();
  const state = join(folder.path, "state");
  const clock = manualClock();
  const warned: string[] = [];
  const log = { warn: (event: string, fields = {}) => void warned.push(`${event} ${JSON.stringify(fields)}`) };
  const all = [embeddedJobQueue(state, clock, log)];
  return {
    folder: state,
    path: join(state, "exports.sqlite"),
    clock,
    warned,
    queue: all[0]!,
    another() {
      all.push(embeddedJobQueue(state, clock));
      return all.at(-1)!;
    },
    async [Symbol.asyncDispose]() {
      for (const queue of all) await queue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

jobQueueContract("embedded", open);

test("the state folder and its file are for this user alone", async () => {
  await using at = await open();
  await at.queue.counts();
  expect((await stat(at.folder)).mode & 0o777).toBe(0o700);
  expect((await stat(at.path)).mode & 0o777).toBe(0o600);
});

test("where the list of exports cannot be kept, that is a disk failure that names the file, until it can", async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, "file"), "");
  await mkdir(join(folder.path, "state"));
  await writeFile(join(folder.path, "state", "exports.sqlite"), "This is no database. ".repeat(100));
  for (const state of ["file", "state"]) {
    const queue = embeddedJobQueue(join(folder.path, state), manualClock());
    const failure = await queue.counts().catch(failureOf);
    expect(failure).toMatchObject({ code: "disk", message: expect.stringContaining(join(folder.path, state)) });
    if (state === "state") {
      await writeFile(join(folder.path, "state", "exports.sqlite"), "");
      expect([...(await queue.counts())]).toEqual([]);
    }
    await queue.close();
  }
});

test("a damaged entry is told and left out, blocks nobody, and can be taken off the list", async () => {
  await using at = await open();
  const { id } = await at.queue.add(requestOf("ada"));
  const other = await at.queue.add(requestOf("bob"));
  const database = new DatabaseSync(at.path);
  const good: object = JSON.parse(JSON.stringify(await at.queue.get(id)));
  const bad = [
    "{",
    "null",
    ...[{ createdAt: 1e300 }, { state: "waiting" }, { state: "waiting", until: 1e300 }, { progress: {} }].map(
      (change) => JSON.stringify({ ...good, ...change }),
    ),
  ];
  for (const job of bad) {
    database.prepare("UPDATE export SET job = ? WHERE id = ?").run(job, id);
    for (const ask of [at.queue.get(id), at.queue.ask(id, "pause")]) expect(await refusalOf(ask), job).toBe("internal");
    expect((await at.queue.list(5)).exports.map((one) => one.id)).toEqual([other.id]);
  }
  await at.queue.signedIn("ada");
  expect((await at.queue.take())!.job.id).toBe(other.id);
  expect(at.warned).toEqual([expect.stringContaining(id)]);
  await at.queue.remove(id);
  await at.queue.add(requestOf("ada"));

  database.exec("DROP TABLE export");
  database.close();
  for (const ask of [at.queue.get(id), at.queue.list(5), at.queue.counts(), at.queue.take()])
    expect(await refusalOf(ask)).toBe("disk");
});

test("an entry whose state is searched for as one and written as another is damaged: it is never taken, and blocks nobody", async () => {
  await using at = await open();
  const { id } = await at.queue.add(requestOf("ada"));
  const database = new DatabaseSync(at.path);
  for (const [searched, written] of [
    ["queued", { state: "completed" }],
    ["running", { state: "cancelled" }],
    ["waiting", { state: "running" }],
    ["needs_sign_in", { state: "paused" }],
    ["completed", { state: "queued" }],
  ] as const) {
    database
      .prepare("UPDATE export SET state = ?, job = json_patch(job, ?) WHERE id = ?")
      .run(searched, JSON.stringify(written), id);
    await at.queue.signedIn("ada");
    const other = await at.queue.add(requestOf("ada")); // its directory too
    const lease = (await at.queue.take())!;
    expect(lease.job.id).toBe(other.id);
    await lease.release({ state: "cancelled" }, lease.job.progress);
    await at.queue.remove(other.id);
    expect(await at.queue.take()).toBeUndefined();
    for (const ask of [at.queue.get(id), at.queue.ask(id, "cancel")]) expect(await refusalOf(ask)).toBe("internal");
    expect((await at.queue.list(5)).exports).toEqual([]);
  }
  database.close();
  await at.queue.remove(id);
  expect(await refusalOf(at.queue.get(id))).toBe("export_unknown");
});

test.each(["exports.sqlite", "exports.sqlite-wal"])(
  "what is no file of its own in the place of %s is told, not waited for and not followed",
  async (name) => {
    await using folder = await scratchFolder();
    const [path, elsewhere, victim] = [name, "elsewhere", "victim"].map((each) => join(folder.path, each));
    await writeFile(victim!, "");
    for (const plant of [
      async () => promisify(execFile)("mkfifo", [path!]),
      async () => symlink(elsewhere!, path!),
      async () => link(victim!, path!),
    ]) {
      await plant();
      const queue = embeddedJobQueue(folder.path, manualClock());
      expect(await refusalOf(queue.add(requestOf("ada")))).toBe("disk");
      await queue.close();
      await rm(path!);
    }
    await expect(stat(elsewhere!)).rejects.toThrow("ENOENT");
    expect((await stat(victim!)).size).toBe(0);
  },
);

test("a file that has other tables is left alone", async () => {
  await using folder = await scratchFolder();
  const database = new DatabaseSync(join(folder.path, "exports.sqlite"));
  database.exec("CREATE TABLE export (something TEXT)");
  database.close();
  const queue = embeddedJobQueue(folder.path, manualClock());
  expect(await refusalOf(queue.counts())).toBe("disk");
  await queue.close();
});

test("entries of older versions, whose accounts are as somebody typed them, count as the same account", async () => {
  await using at = await open();
  await at.queue.add(requestOf("first.last@gmail.com", "/data/1"));
  await at.queue.add(requestOf("firstlast@gmail.com", "/data/2"));
  const database = new DatabaseSync(at.path);
  database.exec("UPDATE export SET account = 'first.last@gmail.com' WHERE directory = '/data/1'");
  database.close();
  await at.queue.take();
  expect(await at.queue.take()).toBeUndefined();
});

test("while another process holds the file nobody here is kept waiting but who asked", async () => {
  await using at = await open();
  await at.queue.counts();
  const holder = new DatabaseSync(at.path);
  holder.exec("BEGIN IMMEDIATE");
  let ended = false;
  const adding = at.queue.add(requestOf("ada")).finally(() => (ended = true));
  // Turns of this thread go on; a call that blocked it would be over before the first of them.
  for (let turns = 0; turns < 100; turns += 1) await new Promise(setImmediate);
  expect(ended).toBe(false);
  const stop = new AbortController();
  const taking = at.queue.take(stop.signal);
  stop.abort(new Error("called off"));
  await expect(taking).rejects.toBe(stop.signal.reason); // though the file is still held
  expect(ended).toBe(false);
  holder.exec("COMMIT");
  holder.close();
  const { id, state } = await adding;
  expect(state).toBe("queued");
  expect((await until(() => at.queue.take())).job.id).toBe(id); // what was taken for nobody is given back
});
