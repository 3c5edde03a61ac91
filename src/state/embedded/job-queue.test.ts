import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect, test } from "vitest";

import { manualClock } from "../../../test/manual-clock.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { NO_PROGRESS, type ExportRequest, type Progress } from "../../core/job.ts";
import { EVERYTHING } from "../../core/mailbox.ts";
import { embeddedQueue } from "./job-queue.ts";

const request = (account: string, directory = `/data/${account}`): ExportRequest => ({
  account,
  directory,
  maxEmails: null,
  batchSize: 5_000,
  filter: EVERYTHING,
});
const some: Progress = { ...NO_PROGRESS, stage: "fetching", listed: 10, exported: 4 };
const REVOKED = { code: "consent_revoked", retry: "sign_in", message: "Gone.", next: "Sign in." } as const;
const AWAY = { code: "network", retry: "backoff", message: "Away.", next: "Wait." } as const;

async function queueIn(): Promise<
  AsyncDisposable & { folder: string; clock: ReturnType<typeof manualClock>; queue: ReturnType<typeof embeddedQueue> }
> {
  const folder = await scratchFolder();
  const clock = manualClock();
  const queue = embeddedQueue(join(folder.path, "state"), clock);
  return {
    folder: join(folder.path, "state"),
    clock,
    queue,
    async [Symbol.asyncDispose]() {
      queue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("an export goes from queued to running to its end, and is still known after a restart", async () => {
  await using at = await queueIn();
  const { id } = at.queue.add(request("ada@example.com"));
  const lease = at.queue.take()!;
  expect(at.queue.get(id)).toMatchObject({ state: "running" });
  expect(lease.beat(some)).toBe("go_on");
  lease.release({ state: "completed" }, { ...some, exported: 10 });
  const again = embeddedQueue(at.folder, at.clock);
  expect(again.get(id)).toMatchObject({
    state: "completed",
    progress: { exported: 10 },
    request: { account: "ada@example.com" },
  });
  expect(again.take()).toBeUndefined();
  again.close();
});

test("the state folder and its file are for this user alone", async () => {
  await using at = await queueIn();
  expect((await stat(at.folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(at.folder, "exports.sqlite"))).mode & 0o777).toBe(0o600);
});

test("a directory has one live export, and takes the next when that has ended", async () => {
  await using at = await queueIn();
  at.queue.add(request("ada@example.com"));
  expect(() => at.queue.add(request("ada@example.com"))).toThrow(/is writing to/);
  at.queue.take()!.release({ state: "failed", failure: { ...AWAY, code: "disk", retry: "never" } }, some);
  at.queue.add(request("ada@example.com"));
});

test("several accounts run at once, two exports of one account one after the other", async () => {
  await using at = await queueIn();
  at.queue.add(request("ada@example.com", "/data/a1"));
  at.queue.add(request("ADA@example.com", "/data/a2"));
  at.queue.add(request("bob@example.com"));
  const first = at.queue.take()!;
  expect(at.queue.take()!.job.request.account).toBe("bob@example.com");
  expect(at.queue.take()).toBeUndefined();
  first.release({ state: "completed" }, some);
  expect(at.queue.take()!.job.request.directory).toBe("/data/a2");
});

test("what a dead worker left is taken up when its lease has run out, and the dead one may not write any more", async () => {
  await using at = await queueIn();
  at.queue.add(request("ada@example.com"));
  const dead = at.queue.take()!;
  dead.beat(some);
  expect(at.queue.take()).toBeUndefined();
  await at.clock.advance(10_001);
  const heir = at.queue.take()!;
  expect(heir.job).toMatchObject({ id: dead.job.id, progress: { exported: 4 } });
  expect(dead.beat(some)).toBe("lost");
  dead.release({ state: "completed" }, some);
  expect(at.queue.get(heir.job.id).state).toBe("running");
});

test("pause and cancel reach a running export at its next beat; resume queues it again", async () => {
  await using at = await queueIn();
  const { id } = at.queue.add(request("ada@example.com"));
  const lease = at.queue.take()!;
  expect(at.queue.ask(id, "pause").state).toBe("running");
  expect(lease.beat(some)).toBe("pause");
  lease.release({ state: "paused" }, some);
  expect(at.queue.take()).toBeUndefined();
  expect(at.queue.ask(id, "resume").state).toBe("queued");
  const again = at.queue.take()!;
  expect(again.beat(some)).toBe("go_on");
  at.queue.ask(id, "cancel");
  expect(again.beat(some)).toBe("cancel");
  again.release({ state: "cancelled" }, some);
  expect(() => at.queue.ask(id, "resume")).toThrow(/not possible to resume/);
});

test("one that waits goes on at its time, one that needs a sign-in at the next sign-in of that account", async () => {
  await using at = await queueIn();
  at.queue.add(request("ada@example.com"));
  at.queue.add(request("bob@example.com"));
  at.queue.take()!.release({ state: "waiting", until: at.clock.now() + 60_000, failure: AWAY }, some);
  at.queue.take()!.release({ state: "needs_sign_in", failure: REVOKED }, some);
  expect(at.queue.take()).toBeUndefined();
  at.queue.signedIn("Bob@example.com");
  expect(at.queue.take()!.job.request.account).toBe("bob@example.com");
  await at.clock.advance(60_000);
  expect(at.queue.take()!.job.request.account).toBe("ada@example.com");
});

test("two processes share the queue: each export is taken once", async () => {
  await using at = await queueIn();
  const other = embeddedQueue(at.folder, at.clock);
  for (let n = 0; n < 20; n += 1) at.queue.add(request(`a${n}@example.com`));
  const taken: string[] = [];
  for (let lease = at.queue.take(); lease; lease = other.take() ?? at.queue.take()) taken.push(lease.job.id);
  expect(new Set(taken).size).toBe(20);
  expect(taken).toHaveLength(20);
  other.close();
});

test("an export nobody knows is said to be unknown", async () => {
  await using at = await queueIn();
  expect(() => at.queue.get("none")).toThrow(/no such export/);
  expect(() => at.queue.ask("none", "cancel")).toThrow(/no such export/);
});

test("where the list of exports cannot be kept, that is a disk failure that names the file", async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, "file"), "");
  await mkdir(join(folder.path, "state"));
  await writeFile(join(folder.path, "state", "exports.sqlite"), "This is no database. ".repeat(100));
  for (const state of ["file", "state"])
    expect(() => embeddedQueue(join(folder.path, state), manualClock())).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ code: "disk", message: expect.stringContaining(join(folder.path, state)) }),
      }),
    );
});

test("a list whose inside is damaged says so, whatever is asked of it", async () => {
  await using at = await queueIn();
  const { id } = at.queue.add(request("ada"));
  const database = new DatabaseSync(join(at.folder, "exports.sqlite"));
  const good: object = JSON.parse(JSON.stringify(at.queue.get(id)));
  const bad = [
    "{",
    "null",
    ...[{ createdAt: 1e300 }, { state: "waiting" }, { state: "waiting", until: 1e300 }, { progress: {} }].map(
      (change) => JSON.stringify({ ...good, ...change }),
    ),
  ];
  for (const job of bad) {
    database.prepare("UPDATE export SET job = ?").run(job);
    for (const ask of [
      () => at.queue.get(id),
      () => at.queue.list(),
      () => at.queue.take(),
      () => at.queue.ask(id, "pause"),
    ])
      expect(ask, job).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: "internal" }) }));
  }
  database.exec("DROP TABLE export");
  database.close();
  for (const ask of [() => at.queue.get(id), () => at.queue.list(), () => at.queue.counts(), () => at.queue.take()])
    expect(ask).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: "disk" }) }));
});

test("a file that has other tables is left alone", async () => {
  await using folder = await scratchFolder();
  const database = new DatabaseSync(join(folder.path, "exports.sqlite"));
  database.exec("CREATE TABLE export (something TEXT)");
  database.close();
  expect(() => embeddedQueue(folder.path, manualClock())).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code: "disk" }) }),
  );
});

test("exports are counted by state", async () => {
  await using w = await queueIn();
  expect([...w.queue.counts()]).toEqual([]);
  for (const account of ["ada", "bob", "eve"]) w.queue.add(request(account));
  w.queue.take()!.release({ state: "completed" }, some);
  w.queue.take();
  expect(Object.fromEntries(w.queue.counts())).toEqual({ completed: 1, running: 1, queued: 1 });
});
