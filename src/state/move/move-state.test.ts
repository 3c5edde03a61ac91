import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LEARNED } from "../../../test/contracts/learned-limits.ts";
import { entryOf, storedStateContract } from "../../../test/contracts/stored-state.ts";
import { systemClock } from "../../clock.ts";
import { failureOf, type Failure } from "../../core/errors.ts";
import type { Grant } from "../../core/grant.ts";
import type { StoredState } from "../../core/ports/stored-state.ts";
import { Secret } from "../../core/secret.ts";
import { fileHolds } from "../../storage/folder/file-holds.ts";
import { fileLock } from "../../storage/folder/lock.ts";
import { filesOnDisk as files } from "../../storage/folder/private-files.ts";
import { storedFolder } from "../embedded/stored-folder.ts";
import { writeGrant } from "../grants/grant-text.ts";
import { moveState } from "./move-state.ts";
import { databasePlace, folderPlace, newKey, type Place } from "./testing.ts";

const never = new AbortController().signal;
const options = { newId: randomUUID, signal: never, pageSize: 1 };

for (const [implementation, make] of [
  ["embedded", folderPlace],
  ["postgres", databasePlace],
] as const)
  storedStateContract(implementation, async () => {
    const place = await make(newKey());
    const opened = new AsyncDisposableStack();
    opened.use(place);
    const stored = opened.use(place.stored());
    await stored.prepare();
    return { stored, open: place.open, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  });

const grantOf = (account: string): Grant => ({
  account,
  refreshToken: new Secret(`refresh ${account}`),
  accessToken: new Secret(`access ${account}`),
  expiresAt: 1_790_000_000_000,
  scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
  grantedAt: 1_780_000_000_000,
});

const ALARM = {
  event: "needs_sign_in",
  account: "ada@example.com",
  exportId: "export-2",
  since: 1,
  message: "Gone.",
  next: "Sign in.",
  told: true,
  round: 2,
  attempts: 1,
  nextAt: 3,
} as const;

const FAILED = { code: "disk", retry: "never", message: "Full.", next: "Make room." } as const;

/** A bit of everything, as a deployment that was stopped by its power cable leaves it. */
async function fill({ open, stored }: Place): Promise<void> {
  await using at = stored();
  await at.prepare();
  await at.addExports([
    entryOf(0),
    entryOf(1, {}, { state: "failed", failure: FAILED }),
    entryOf(2, { priority: 5, turns: 2 }, { state: "running" }),
    entryOf(3, { wish: "pause" }, { state: "running" }),
    entryOf(4, { wish: "make_room" }, { state: "running" }),
    entryOf(5, {}, { state: "waiting", until: 9e12, failure: FAILED }),
  ]);
  const schedule = { request: JSON.parse(entryOf(2).job).request, cron: "0 3 * * *", timeZone: "UTC" };
  const rest = { jitterSeconds: 0, paused: true, createdAt: 5, next: null, ran: [] };
  await at.addSchedules([
    {
      id: "schedule-1",
      directory: schedule.request.directory,
      revision: 3,
      lastExport: "export-0",
      lastAt: 7,
      lastState: null,
      schedule: JSON.stringify({ ...schedule, ...rest }),
    },
  ]);
  await using state = open();
  for (const account of ["ada@example.com", "Bob.Smith@gmail.com"]) await state.grants.save(grantOf(account));
  await state.limits.remember("client", LEARNED);
  await state.recent.keep("client", "ada@example.com", { asOf: 9, knownSince: 8, ended: true, calls: [] });
  await state.alarms.exclusively((_, keep) => keep({ "schedule-1": { alarms: [ALARM], provenAt: 4 } }), never);
}

/** All that a state remembers. */
async function contentOf(stored: StoredState): Promise<object> {
  const accounts = (await stored.grants.accounts()).toSorted();
  return {
    exports: (await Array.fromAsync(stored.exports(100))).flat(),
    schedules: await stored.schedules(),
    grants: await Promise.all(accounts.map(async (account) => writeGrant((await stored.grants.load(account))!))),
    limits: [...(await stored.limits())],
    recent: [...(await stored.recent())],
    alarms: await stored.alarms.read(),
  };
}

async function refusalOf(doing: Promise<unknown>): Promise<Failure | undefined> {
  return doing.then(
    () => undefined,
    (error: unknown) => failureOf(error) ?? Promise.reject(error),
  );
}

/** Whether a server or a worker would start on it. */
async function canStart({ open }: Place): Promise<boolean> {
  await using state = open();
  return (await refusalOf(state.prepare())) === undefined;
}

test("there and back: all is as it was, running exports are queued, and each end says where the state is", async () => {
  const key = newKey();
  await using here = await folderPlace(key);
  await using there = await databasePlace(key);
  await fill(here);
  await using folder = here.stored();
  await using database = there.stored();
  const before = await contentOf(folder);
  expect(await moveState(folder, database, options)).toEqual({
    to: "database",
    place: database.place,
    exports: 6,
    schedules: 1,
    signIns: 2,
    limits: 1,
    alarms: 1,
  });
  expect(await contentOf(folder)).toEqual(before);
  const moved = await contentOf(database);
  expect([await canStart(here), await canStart(there)]).toEqual([false, true]);
  {
    await using state = there.open();
    const states = (await state.queue.list(10)).exports.map((job) => [job.id, job.state]);
    expect(Object.fromEntries(states)).toEqual({
      "export-0": "completed",
      "export-1": "failed",
      "export-2": "queued",
      "export-3": "paused",
      "export-4": "queued",
      "export-5": "waiting",
    });
    await state.grants.remove("ada@example.com");
    await state.queue.remove("export-0");
  }
  expect(await moveState(folder, database, options)).toMatchObject({ exports: 5, signIns: 1 }); // it is there already
  const changed = await contentOf(database);
  expect(changed).not.toEqual(moved);
  expect(await moveState(database, folder, options)).toMatchObject({ to: "folder", exports: 5, signIns: 1 });
  expect(await contentOf(folder)).toEqual(changed);
  expect([await canStart(here), await canStart(there)]).toEqual([true, false]);
  await moveState(folder, database, options);
  expect(await contentOf(database)).toEqual(changed);
});

/** An end whose writing does what it should until `isOver`, and then the process dies. */
function dying(end: StoredState, isOver: () => boolean): StoredState {
  const dyingAfter =
    <Given extends readonly unknown[], T>(work: (...given: Given) => Promise<T>) =>
    async (...given: Given): Promise<T> => {
      const result = await work(...given);
      if (isOver()) throw new Error("killed");
      return result;
    };
  return {
    ...end,
    writeMark: dyingAfter(end.writeMark),
    addExports: dyingAfter(end.addExports),
    addSchedules: dyingAfter(end.addSchedules),
    clear: dyingAfter(end.clear),
    replaceLimits: dyingAfter(end.replaceLimits),
    replaceRecent: dyingAfter(end.replaceRecent),
    grants: { ...end.grants, save: dyingAfter(end.grants.save), remove: dyingAfter(end.grants.remove) },
    alarms: { ...end.alarms, exclusively: dyingAfter(end.alarms.exclusively) },
  };
}

test("killed at any step, the same move ends what it began; meanwhile at most one end can be started", async () => {
  const key = newKey();
  await using here = await folderPlace(key);
  await using there = await databasePlace(key);
  await fill(here);
  await using folder = here.stored();
  await using database = there.stored();
  const ends = [folder, database] as const;
  await moveState(ends[0], ends[1], options);
  const content = await contentOf(ends[1]);
  for (const [from, to] of [
    [1, 0],
    [0, 1],
  ] as const) {
    let killed = 0;
    for (;;) {
      let left = killed + 1;
      const isOver = (): boolean => (left -= 1) === 0;
      const error = await moveState(dying(ends[from], isOver), dying(ends[to], isOver), options).then(
        () => undefined,
        (reason: unknown) => String(reason),
      );
      if (error === undefined) break;
      expect(error).toBe("Error: killed");
      killed += 1;
      expect(await contentOf(ends[from])).toEqual(content);
      expect([await canStart(here), await canStart(there)].filter(Boolean).length).toBeLessThanOrEqual(1);
    }
    expect(killed).toBeGreaterThan(12); // marks, six exports, schedules, limits, calls, alarms
    expect(await contentOf(ends[to])).toEqual(content);
    expect(await canStart(to === 0 ? here : there)).toBe(true);
  }
});

test("a place that holds another deployment's state is refused, and both stay as they are", async () => {
  const key = newKey();
  await using here = await folderPlace(key);
  await using there = await databasePlace(key);
  await using elsewhere = await folderPlace(key);
  await fill(here);
  await fill(elsewhere);
  await using folder = here.stored();
  await using database = there.stored();
  await using other = elsewhere.stored();
  await moveState(folder, database, options);
  const refused = { code: "not_in_this_state", message: expect.stringContaining("another deployment") };
  expect(await refusalOf(moveState(other, database, options))).toMatchObject(refused);
  expect(await refusalOf(moveState(database, other, options))).toMatchObject(refused);
  await using unknown = await databasePlace(key);
  await using empty = unknown.stored();
  expect(await refusalOf(moveState(folder, empty, options))).toMatchObject({ code: "not_in_this_state" });
  expect([await canStart(here), await canStart(there), await canStart(elsewhere)]).toEqual([false, true, true]);
});

test("while something is at work at either end nothing is moved, and it can go on", async () => {
  const key = newKey();
  await using here = await folderPlace(key);
  await using there = await databasePlace(key);
  await fill(here);
  await using folder = here.stored();
  await using database = there.stored();
  const refused = { code: "not_in_this_state", message: expect.stringContaining("is at work on") };
  for (const place of [here, there]) {
    await using state = place.open();
    await state.queue.counts();
    expect(await refusalOf(moveState(folder, database, options))).toMatchObject(refused);
  }
  const directory = join(here.path, "mail");
  await mkdir(directory);
  await folder.addExports([entryOf(9, { directory })]);
  {
    await using _ = await fileHolds(systemClock).take(directory, 0); // the command line exports without the list
    expect(await refusalOf(moveState(folder, database, options))).toMatchObject(refused);
  }
  // Who starts between the look and the mark is seen, and keeps the state.
  await using late = here.open();
  const starting: StoredState = {
    ...folder,
    async writeMark(mark) {
      if (mark?.status === "leaving") await late.queue.counts();
      await folder.writeMark(mark);
    },
  };
  expect(await refusalOf(moveState(starting, database, options))).toMatchObject(refused);
  expect([await canStart(here), await canStart(there)]).toEqual([true, true]);
});

test("sign-ins that were sealed with another key are refused with what to set", async () => {
  await using here = await folderPlace(newKey());
  await fill(here);
  await using there = await databasePlace(newKey());
  await using database = there.stored();
  const stateDir = join(here.path, "state");
  await using folder = storedFolder({
    settings: {
      stateDir,
      tokenDir: join(here.path, "tokens"),
      encryptionKey: newKey(),
      formerEncryptionKey: undefined,
    },
    clock: systemClock,
    files,
    lock: fileLock(systemClock),
    holds: fileHolds(systemClock),
  });
  expect(await refusalOf(moveState(folder, database, options))).toMatchObject({
    code: "key_unusable",
    message: expect.stringContaining("2 cannot be opened"),
    next: expect.stringContaining("the file key of STATE_DIR"),
  });
  expect([await canStart(here), await canStart(there)]).toEqual([true, true]);
});
