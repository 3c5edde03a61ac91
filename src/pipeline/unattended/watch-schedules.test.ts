import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect, test } from "vitest";

import { openReceiver, type Receiver } from "../../../test/alarm-receiver.ts";
import { requestOf } from "../../../test/contracts/job-queue.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { NO_PROGRESS, type ExportState } from "../../core/export/job.ts";
import type { Grant } from "../../core/grant.ts";
import type { AlarmMemory } from "../../core/ports/alarm-memory.ts";
import { Secret } from "../../core/secret.ts";
import { alarmMemory } from "../../state/embedded/alarm-memory.ts";
import { embeddedJobQueue } from "../../state/embedded/job-queue.ts";
import { fileLock } from "../../storage/folder/lock.ts";
import { filesOnDisk as files } from "../../storage/folder/private-files.ts";
import { createPostNotice } from "../../surfaces/notify/post-notice.ts";
import { lookAtSchedules } from "./look-at-schedules.ts";
import type { Proof } from "./read-proof.ts";
import { alarmLook, watchSchedules, type WatchPorts } from "./watch-schedules.ts";

const MINUTE = 60_000;

const never = new AbortController().signal;

const REVOKED = { code: "consent_revoked", retry: "sign_in", message: "Gone.", next: "Sign in." } as const;
const WAITS: ExportState = { state: "needs_sign_in", failure: REVOKED };

/** A real list of exports and schedules, a real receiver, and the watch between them on a clock that jumps. */
async function stage() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratchFolder());
  const receiver: Receiver = stack.use(await openReceiver());
  const clock = manualClock();
  const queue = embeddedJobQueue(folder.path, clock);
  stack.defer(() => queue.close());
  const logged: string[] = [];
  const note = (event: string): void => void logged.push(event);
  const memory = (): AlarmMemory => alarmMemory(join(folder.path, "alarms.json"), files, fileLock(clock));
  const proofs = new Map<string, Proof>();
  const stored = new Map<string, Grant>();
  const delegated = new Set<string>();
  const ports = (changes: Partial<WatchPorts> = {}): WatchPorts => ({
    look: (signal) =>
      lookAtSchedules(
        {
          schedules: queue.schedules,
          queue,
          grants: { load: async (account) => stored.get(account) },
          isDelegated: async (account) => delegated.has(account),
          readProof: async (directory) => proofs.get(directory),
        },
        signal,
      ),
    memory: memory(),
    post: createPostNotice(new Secret(receiver.url), clock),
    notifyAfterMs: 48 * 60 * MINUTE,
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    ...changes,
  });
  const ours = stack.move();
  return {
    folder: folder.path,
    clock,
    queue,
    logged,
    proofs,
    stored,
    delegated,
    answer: receiver.answer,
    told: () => receiver.received.map(({ notice }) => notice.resolves ?? notice.event),
    notices: () => receiver.received.map(({ notice }) => notice),
    /** A schedule whose export has come to this state. */
    async schedule(
      account: string,
      state: ExportState,
      directory = `/data/${account}`,
    ): Promise<{ id: string; exportId: string }> {
      const asked = { request: requestOf(account, directory), cron: "0 3 * * *", timeZone: "UTC" };
      const schedule = await queue.schedules.add({ ...asked, jitterSeconds: 0, paused: false, next: null });
      const starting = await queue.schedules.start(schedule, {});
      expect(starting.outcome).toBe("started");
      const lease = (await queue.take())!;
      await lease.release(state, NO_PROGRESS);
      return { id: schedule.id, exportId: lease.job.id };
    },
    /** A process, that looks once each minute, so many times. */
    process(changes: Partial<WatchPorts> = {}): (minutes: number) => Promise<void> {
      const look = alarmLook(ports(changes));
      return async (minutes) => {
        for (let minute = 0; minute < minutes; minute += 1) {
          await look(never);
          await clock.advance(MINUTE);
        }
      };
    },
    ports,
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}

test("the receiver hears once that a sign-in is needed, also over a restart, and that it is over", async () => {
  await using at = await stage();
  const { exportId } = await at.schedule("ada@example.com", WAITS);
  await at.process()(3);
  await at.process()(3);
  expect(at.notices()).toMatchObject([
    { event: "needs_sign_in", account: "ada@example.com", export_id: exportId, since: expect.stringMatching(/Z$/) },
  ]);
  await at.queue.signedIn("ada@example.com");
  await at.process()(3);
  expect(at.told()).toHaveLength(1); // it is under way, and nothing is known of a sign-in: nothing shows that it is over
  await (await at.queue.take())!.release({ state: "completed" }, NO_PROGRESS);
  await at.process()(3);
  expect(at.notices().slice(1)).toMatchObject([{ event: "resolved", resolves: "needs_sign_in" }]);
  expect(at.logged).toEqual([]);
});

test("a sign-in that several schedules of an account need is told once, and is over when none needs it", async () => {
  await using at = await stage();
  const { id: oldest } = await at.schedule("ada@example.com", { state: "completed" }, "/data/label");
  const first = await at.schedule("ada@example.com", WAITS);
  const look = at.process();
  at.answer.with = 503;
  await look(2);
  await at.schedule("Ada@example.com", WAITS, "/data/photos");
  at.answer.with = 200;
  await look(10);
  await at.queue.schedules.start(await at.queue.schedules.get(oldest), {});
  await (await at.queue.take())!.release(WAITS, NO_PROGRESS);
  await look(3);
  const heard = (): string[] => at.told().slice(2); // the first two were not taken
  expect(heard()).toEqual(["needs_sign_in"]);
  await at.queue.schedules.remove(first.id);
  await at.clock.advance((24 * 60 - 20) * MINUTE);
  expect(heard()).toEqual(["needs_sign_in"]);
  await look(10);
  expect(heard()).toEqual(["needs_sign_in", "needs_sign_in"]); // the next day, once too
  await at.queue.signedIn("ada@example.com");
  const complete = async () => (await at.queue.take())!.release({ state: "completed" }, NO_PROGRESS);
  await complete();
  await complete();
  await look(2);
  expect(heard()).toHaveLength(2); // one still waits
  await complete();
  await look(2);
  expect(heard().slice(2)).toEqual(["needs_sign_in"]); // that it is over
  expect(at.notices().at(-1)).toMatchObject({ event: "resolved" });
});

test("a failure is told of each schedule of an account", async () => {
  await using at = await stage();
  const failure = { code: "disk", retry: "never", message: "The disk is full.", next: "Make room." } as const;
  await at.schedule("ada@example.com", { state: "failed", failure });
  await at.schedule("ada@example.com", { state: "failed", failure }, "/data/photos");
  await at.process()(2);
  expect(at.told()).toEqual(["failed", "failed"]);
});

test.each([
  ["that Google has ended", "needs_sign_in", { grantedAt: 0, revoked: "invalid_grant" }],
  ["that ends soon", "sign_in_ends_soon", { grantedAt: manualClock().now() - 6.5 * 24 * 60 * MINUTE }],
])("a sign-in %s is no matter where a service account reads the mailbox", async (_, event, grant) => {
  await using at = await stage();
  for (const account of ["ada@example.com", "bob@example.com"]) {
    await at.schedule(account, { state: "completed" });
    at.stored.set(account, {
      account,
      refreshToken: undefined,
      accessToken: new Secret("access"),
      expiresAt: at.clock.now(),
      scopes: [],
      ...grant,
    });
  }
  at.delegated.add("ada@example.com");
  await at.process()(2);
  expect(at.notices()).toMatchObject([{ event, account: "bob@example.com" }]);
});

test("several servers on one list tell it once", async () => {
  await using at = await stage();
  await at.schedule("ada@example.com", WAITS);
  await at.schedule("bob@example.com", WAITS);
  const servers = [at.process(), at.process(), at.process()];
  for (let minute = 0; minute < 3; minute += 1) await Promise.all(servers.map((look) => look(1)));
  expect(at.notices().map(({ account }) => account)).toEqual(["ada@example.com", "bob@example.com"]);
});

test("a receiver that is away is tried again, and hears each alarm once when it is back", async () => {
  await using at = await stage();
  await at.schedule("ada@example.com", WAITS);
  await at.schedule("bob@example.com", WAITS);
  at.answer.with = 503;
  const look = at.process();
  await look(4);
  expect(at.logged).toEqual(Array(4).fill("an alarm was not taken")); // one look never tries two in vain
  const before = at.notices().length;
  at.answer.with = 200;
  await look(10);
  const heard = at.notices().slice(before);
  expect(heard).toHaveLength(2);
  expect(new Set(heard.map(({ account }) => account))).toEqual(new Set(["ada@example.com", "bob@example.com"]));
});

test("a disk that keeps nothing makes no alarm louder", async () => {
  await using at = await stage();
  await at.schedule("ada@example.com", WAITS);
  const { memory } = at.ports();
  const full: AlarmMemory = {
    ...memory,
    exclusively: (work, signal) =>
      memory.exclusively((record) => work(record, () => Promise.reject(new Error("ENOSPC"))), signal),
  };
  await at.process({ memory: full })(5);
  expect(at.told()).toEqual(["needs_sign_in"]);
  expect(at.logged).toContain("alarms cannot be kept");
});

test("nobody is told of a schedule that is paused, nor where there is nobody to tell", async () => {
  await using at = await stage();
  const { id } = await at.schedule("ada@example.com", WAITS);
  await at.process({ post: undefined })(2);
  await at.queue.schedules.change(await at.queue.schedules.get(id), { paused: true });
  await at.process()(2);
  expect(at.told()).toEqual([]);
  await at.queue.schedules.change(await at.queue.schedules.get(id), { paused: false });
  await at.process()(2); // a receiver that was named meanwhile hears what is wrong
  expect(at.told()).toEqual(["needs_sign_in"]);
});

test("a failure and a proof that has grown too old are told each", async () => {
  await using at = await stage();
  const failure = { code: "disk", retry: "never", message: "The disk is full.", next: "Make room." } as const;
  await at.schedule("ada@example.com", { state: "failed", failure });
  at.proofs.set("/data/ada@example.com", { provenAt: at.clock.now() - 49 * 60 * MINUTE, historyId: "1" });
  await at.process()(2);
  expect(at.notices()).toMatchObject([
    { event: "failed", message: expect.stringContaining("The disk is full."), next: "Make room." },
    { event: "unproven", message: expect.stringContaining("ada@example.com has not been proven complete since") },
  ]);
});

test("an export that was taken off the list, or whose entry is damaged, hides no alarm of another", async () => {
  await using at = await stage();
  const failure = { code: "disk", retry: "never", message: "The disk is full.", next: "Make room." } as const;
  const gone = await at.schedule("ada@example.com", { state: "failed", failure });
  const damaged = await at.schedule("bob@example.com", { state: "failed", failure });
  await at.schedule("eve@example.com", WAITS);
  await at.queue.remove(gone.exportId);
  using database = new DatabaseSync(join(at.folder, "exports.sqlite"));
  database.prepare("UPDATE export SET job = '{' WHERE id = ?").run(damaged.exportId);
  await at.process()(1);
  expect(at.notices().map(({ account, event }) => `${account} ${event}`)).toEqual([
    "ada@example.com failed", // its schedule knows how it ended
    "bob@example.com failed",
    "eve@example.com needs_sign_in",
  ]);
});

test("what is remembered of schedules that are no more is forgotten; where there never were any, nothing is written", async () => {
  await using at = await stage();
  const { memory } = at.ports();
  await at.process()(1);
  expect(await readdir(at.folder)).not.toContain("alarms.json.lock");
  const { id } = await at.schedule("ada@example.com", WAITS);
  await at.process()(1);
  expect(Object.keys(await memory.read())).toEqual([id]);
  await at.queue.schedules.remove(id);
  await at.process()(1);
  expect(await memory.read()).toEqual({});
});

test("it is looked every minute, also after a look that failed, until it is to stop", async () => {
  await using at = await stage();
  const looks: number[] = [];
  const look = async (): Promise<never> => {
    looks.push(at.clock.now());
    throw new Error("SQLITE_BUSY");
  };
  const stop = new AbortController();
  const watching = watchSchedules(at.ports({ look }), stop.signal);
  await at.clock.advance(3 * MINUTE);
  stop.abort();
  await watching;
  expect(looks.map((moment) => moment - looks[0]!)).toEqual([0, MINUTE, 2 * MINUTE, 3 * MINUTE]);
  expect(at.logged).toEqual(Array(4).fill("alarms cannot be looked for"));
});
