import { DatabaseSync } from "node:sqlite";

import fc from "fast-check";
import { expect, test } from "vitest";

import { refusalOf, requestOf } from "../../../test/contracts/job-queue.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { until } from "../../../test/wait.ts";
import { embeddedJobQueue } from "../../state/embedded/job-queue.ts";
import { runSchedules } from "./run-schedules.ts";
import { createScheduling } from "./scheduling.ts";
import { unattended } from "./testing.ts";

const SATURDAY = Date.UTC(2026, 10, 28, 8);
const REVOKED = { code: "consent_revoked", retry: "sign_in", message: "Gone.", next: "Sign in." } as const;
const iso = (moment: number | undefined): string | undefined =>
  moment === undefined ? undefined : new Date(moment).toISOString().slice(0, 16);

test("an export begins when its schedule is due, not before, and the schedule tells how it ended", async () => {
  await using at = await unattended(SATURDAY);
  const { id, next } = await at.add("ada@example.com", "0 3 * * *", 0, "Europe/Paris");
  expect(iso(next?.startAt)).toBe("2026-11-29T02:00");
  at.at("2026-11-29T01:59:59.999Z");
  await at.look();
  expect(await at.exports()).toEqual([]);
  at.at("2026-11-29T02:00:00Z");
  await at.look();
  await at.look();
  expect(await at.exports()).toMatchObject([{ state: "queued", request: requestOf("ada@example.com") }]);
  await at.runAll();
  const after = await at.schedules.get(id);
  expect(after.lastRun).toMatchObject({ at: Date.parse("2026-11-29T02:00:00Z"), state: "completed" });
  expect(iso(after.next?.at)).toBe("2026-11-30T02:00");
  expect(at.logged).toEqual(["schedule started an export"]);
});

test("the jitter is what was drawn: up to so many seconds, and another each time", async () => {
  await using at = await unattended(SATURDAY);
  const starts: number[] = [];
  const { id } = await at.add("ada@example.com", "0 * * * *", 100);
  for (let hour = 0; hour < 5; hour += 1) {
    const { next } = await at.schedules.get(id);
    starts.push((next!.startAt - next!.at) / 1_000);
    at.at(next!.startAt);
    await at.look();
    expect(await at.runAll()).toBe(1);
  }
  expect(starts).toEqual([0, 30, 60, 90, 20]);
});

test("weeks without anybody: every night once, through restarts; what was missed is made up for once", async () => {
  await using at = await unattended(SATURDAY);
  await at.add("ada@example.com", "0 3 * * *");
  const other = at.another();
  let runs = 0;
  for (let hour = 0; hour < 21 * 24; hour += 1) {
    at.at(SATURDAY + hour * 3_600_000);
    if (hour % 5 === 0) at.restart();
    await (hour % 2 === 0 ? at.look() : other());
    runs += await at.runAll();
  }
  expect(runs).toBe(21);
  at.at(at.now() + 9 * 86_400_000); // nine nights off
  at.restart();
  await at.look();
  await other();
  await at.look();
  expect(await at.runAll()).toBe(1);
  const [{ next }] = [(await at.schedules.list())[0]!];
  expect(next!.at - at.now()).toBeLessThanOrEqual(86_400_000);
});

test("an occurrence waits while its directory is still being exported, several become one, and none is lost", async () => {
  await using at = await unattended(SATURDAY);
  const { id } = await at.add("ada@example.com", "0 * * * *");
  at.at("2026-11-28T09:00:00Z");
  await at.look();
  const lease = (await at.queue.take())!;
  for (const hour of [10, 11, 12]) {
    at.at(Date.UTC(2026, 10, 28, hour));
    await at.look();
    await at.look();
  }
  expect(await at.exports()).toHaveLength(1);
  expect(await at.schedules.get(id)).toMatchObject({ busyWith: lease.job.id, lastRun: { state: "running" } });
  expect(at.logged).toEqual(["schedule started an export", "schedule waits for the end of an export"]);
  await lease.release({ state: "completed" }, lease.job.progress);
  at.at("2026-11-28T12:30:00Z");
  await at.look();
  await at.look();
  expect(await at.exports()).toHaveLength(2);
  expect(iso((await at.schedules.get(id)).next?.at)).toBe("2026-11-28T13:00");
});

test("an account whose grant is gone piles nothing up, and after the sign-in what is due is brought", async () => {
  await using at = await unattended(SATURDAY);
  const { id } = await at.add("ada@example.com", "0 * * * *");
  for (let hour = 9; hour < 15; hour += 1) {
    at.at(Date.UTC(2026, 10, 28, hour));
    await at.look();
    await at.runAll({ state: "needs_sign_in", failure: REVOKED });
  }
  expect(await at.exports()).toMatchObject([{ state: "needs_sign_in" }]);
  expect((await at.schedules.get(id)).lastRun).toMatchObject({ state: "needs_sign_in" });
  await at.queue.signedIn("ada@example.com");
  expect(await at.runAll()).toBe(1);
  await at.look();
  expect(await at.runAll()).toBe(1);
  await at.look();
  expect(await at.runAll()).toBe(0);
});

test("a schedule whose last export failed for good runs again at its next time", async () => {
  await using at = await unattended(SATURDAY);
  await at.add("ada@example.com", "0 * * * *");
  for (const hour of [9, 10]) {
    at.at(Date.UTC(2026, 10, 28, hour));
    await at.look();
    const failure = { code: "disk", retry: "never", message: "Full.", next: "Make room." } as const;
    expect(await at.runAll({ state: "failed", failure })).toBe(1);
  }
});

test("a paused schedule starts nothing; going on, it makes up for nothing that fell into the pause", async () => {
  await using at = await unattended(SATURDAY);
  const { id } = await at.add("ada@example.com", "0 * * * *");
  expect(await at.scheduling.change(id, { paused: true })).toMatchObject({ paused: true, next: null });
  at.at("2026-11-29T08:30:00Z");
  await at.look();
  at.restart();
  await at.look();
  expect(await at.exports()).toEqual([]);
  expect(await at.schedules.get(id)).toMatchObject({ next: null }); // nor is anything planned
  expect(iso((await at.scheduling.change(id, { paused: false })).next?.at)).toBe("2026-11-29T09:00");
  await at.look();
  expect(await at.exports()).toEqual([]);
  await at.scheduling.change(id, { paused: true });
  const { schedule } = await at.scheduling.run(id); // by hand, all the same
  expect(schedule).toMatchObject({ paused: true, next: null, lastRun: { state: "queued" } });
});

test("run now adds the export at once and leaves the next occurrence where it is; a busy directory refuses", async () => {
  await using at = await unattended(SATURDAY);
  const { id, next } = await at.add("ada@example.com", "0 3 * * *");
  const { schedule, job } = await at.scheduling.run(id);
  expect(schedule).toMatchObject({ next, lastRun: { exportId: job.id, at: SATURDAY } });
  expect(await refusalOf(at.scheduling.run(id))).toBe("directory_busy");
  expect(await refusalOf(at.scheduling.run("none"))).toBe("schedule_unknown");
});

test("a clock that is set forward runs once, one that is set back runs nothing again and forgets nothing", async () => {
  await using at = await unattended(SATURDAY);
  await at.add("ada@example.com", "0 3 * * *");
  const look = async (moment: string): Promise<number> => {
    at.at(moment);
    await at.look();
    await at.look();
    return at.runAll();
  };
  expect(await look("2026-11-29T03:00:00Z")).toBe(1);
  expect(await look("2026-11-28T20:00:00Z")).toBe(0); // back before what ran
  expect(await look("2026-11-29T03:00:10Z")).toBe(0); // which is not run again
  expect(await look("2030-01-01T12:00:00Z")).toBe(1); // years ahead
  expect(await look("2026-11-29T12:00:00Z")).toBe(0); // set right
  expect(await look("2026-11-30T02:59:59Z")).toBe(0);
  expect(await look("2026-11-30T03:00:00Z")).toBe(1); // and not in 2030
});

test("a clock that was set right while nothing ran does not leave a schedule waiting for years", async () => {
  await using at = await unattended(Date.UTC(2030, 0, 1));
  const { id } = await at.add("ada@example.com", "0 3 * * *");
  at.at(SATURDAY);
  at.restart();
  await at.look();
  expect(iso((await at.schedules.get(id)).next?.at)).toBe("2026-11-29T03:00");
});

test("a clock that is set right while somebody changes a schedule does not leave that waiting for years either", async () => {
  await using at = await unattended(Date.UTC(2030, 0, 1));
  const { id } = await at.add("ada@example.com", "0 3 * * *");
  const seen = await at.schedules.get(id);
  let changing: Promise<unknown> | undefined;
  const random = (): number => {
    changing ??= at.schedules.change(seen, { request: requestOf("ada@example.com", "/data/new") });
    return 0;
  };
  const look = at.starter(random);
  at.at(SATURDAY);
  await look();
  expect(await changing).toBeDefined(); // it was first
  expect(await at.schedules.get(id)).toMatchObject({ next: seen.next });
  await look();
  expect(iso((await at.schedules.get(id)).next?.at)).toBe("2026-11-29T03:00");
});

test("a restart between an occurrence and the start that was drawn for it neither loses nor moves it", async () => {
  await using at = await unattended(SATURDAY);
  await at.add("bob@example.com", "0 3 * * *"); // the first draw is no jitter at all
  const { id, next } = await at.add("ada@example.com", "0 9 * * *", 3_600);
  for (const moment of ["2026-11-28T08:30:00Z", "2026-11-28T09:10:00Z"]) {
    at.at(moment);
    at.restart();
    await at.look();
    expect((await at.schedules.get(id)).next).toEqual(next);
  }
  at.at("2026-11-28T09:18:00Z");
  await at.look();
  expect(await at.runAll()).toBe(1);
});

test("an expression that is changed is planned anew, from now on", async () => {
  await using at = await unattended(SATURDAY);
  const { id, next } = await at.add("ada@example.com", "0 3 * * *");
  expect((await at.scheduling.change(id, { request: requestOf("ada@example.com", "/data/new") })).next).toEqual(next);
  expect(iso((await at.scheduling.change(id, { cron: "0 9 * * *" })).next?.at)).toBe("2026-11-28T09:00");
  expect(iso((await at.scheduling.change(id, { timeZone: "Europe/Paris" })).next?.at)).toBe("2026-11-29T08:00");
  expect(await refusalOf(at.scheduling.change(id, { cron: "61 * * * *" }))).toBe("schedule_invalid");
  expect(await refusalOf(at.scheduling.change(id, { timeZone: "Mars/Olympus" }))).toBe("schedule_invalid");
  expect((await at.schedules.get(id)).cron).toBe("0 9 * * *");
});

test("what is due and waits is still due after a change that leaves its times as they are", async () => {
  await using at = await unattended(SATURDAY);
  const { id } = await at.add("ada@example.com", "0 * * * *");
  at.at("2026-11-28T09:30:00Z");
  await at.scheduling.change(id, { request: requestOf("ada@example.com", "/data/new"), cron: "0 * * * *" });
  await at.look();
  expect(await at.exports()).toMatchObject([{ request: { directory: "/data/new" } }]);
});

test("a schedule that nobody can read any more is told once, and the others run", async () => {
  await using at = await unattended(SATURDAY);
  const { id } = await at.add("ada@example.com", "0 * * * *");
  await at.add("bob@example.com", "0 * * * *");
  await at.schedules.change(await at.schedules.get(id), { timeZone: "Mars/Olympus" });
  for (const hour of [9, 10]) {
    at.at(Date.UTC(2026, 10, 28, hour));
    await at.look();
    expect(await at.runAll()).toBe(1);
  }
  expect(at.logged.filter((event) => event === "schedule cannot be run")).toHaveLength(1);
});

test("what is wrong with a schedule again, after it has run meanwhile, is told again", async () => {
  await using at = await unattended(SATURDAY);
  const { id } = await at.add("ada@example.com", "0 * * * *");
  for (const [hour, timeZone] of [
    [9, "Mars/Olympus"],
    [10, "UTC"],
    [11, "Mars/Olympus"],
  ] as const) {
    await at.schedules.change(await at.schedules.get(id), { timeZone });
    at.at(Date.UTC(2026, 10, 28, hour));
    await at.look();
  }
  expect(at.logged).toEqual(["schedule cannot be run", "schedule started an export", "schedule cannot be run"]);
});

test("a look that is called off says so, and tells nobody that a schedule cannot be run", async () => {
  await using at = await unattended(SATURDAY);
  await at.add("ada@example.com", "0 * * * *");
  const stop = new AbortController();
  const reason = new Error("called off");
  const look = at.starter(() => {
    stop.abort(reason);
    return 0;
  });
  at.at("2026-11-28T09:00:00Z");
  await expect(look(stop.signal)).rejects.toBe(reason);
  expect(at.logged).toEqual([]);
});

test("a disk that is full is told of once for all schedules, and none of their times is lost", async () => {
  await using at = await unattended(SATURDAY);
  await at.add("ada@example.com", "0 * * * *");
  await at.add("bob@example.com", "0 * * * *");
  at.at("2026-11-28T09:00:00Z");
  using database = new DatabaseSync(`${at.folder}/exports.sqlite`);
  database.exec("CREATE TRIGGER full BEFORE INSERT ON export BEGIN SELECT RAISE(FAIL, 'full'); END");
  expect(await refusalOf(at.look())).toBe("disk");
  database.exec("DROP TRIGGER full");
  await at.look();
  expect(await at.runAll()).toBe(2);
  expect(at.logged).toEqual(Array(2).fill("schedule started an export"));
});

test("whatever the clock does, and whoever looks: no occurrence runs twice, and none is forgotten", async () => {
  const hour = 3_600_000;
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 * hour }) },
    { weight: 1, arbitrary: fc.integer({ min: -9 * hour, max: 90 * hour }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, fc.nat(3)), { minLength: 5, maxLength: 25 }), async (steps) => {
      await using at = await unattended(SATURDAY);
      const { id } = await at.add("ada@example.com", "0 */2 * * *", 600);
      const looks = [at.look, at.another()];
      const done = new Set<number>();
      for (const [move, who] of steps) {
        const before = (await at.schedules.get(id)).next!;
        at.at(at.now() + move);
        if (who === 3) at.restart();
        await looks[who % 2]!();
        const ran = await at.runAll();
        const isDue = before.startAt <= at.now();
        expect(ran).toBe(isDue ? 1 : 0);
        if (isDue) {
          const stoodFor = Math.floor(at.now() / (2 * hour)) * 2 * hour;
          if (stoodFor === before.at) expect(done.has(before.at)).toBe(false);
          done.add(stoodFor);
        }
        const { next } = await at.schedules.get(id);
        if (ran === 1 || move >= 0) expect(next!.startAt).toBeGreaterThan(at.now());
      }
    }),
    { numRuns: 4 },
  );
});

test("the server's loop starts what is due and looks again when a file that cannot be read can be", async () => {
  await using folder = await scratchFolder();
  const clock = manualClock(SATURDAY);
  const queue = embeddedJobQueue(folder.path, clock);
  const { schedules } = queue;
  await createScheduling(schedules, clock, () => 0).add({
    request: requestOf("ada@example.com"),
    cron: "* * * * *",
    timeZone: "UTC",
    jitterSeconds: 0,
    paused: false,
  });
  const logged: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (event: string) => void logged.push(event) };
  const stop = new AbortController();
  const database = new DatabaseSync(`${folder.path}/exports.sqlite`);
  database.exec("ALTER TABLE schedule RENAME TO elsewhere");
  const running = runSchedules({ schedules, queue, clock, random: () => 0, log }, stop.signal);
  await until(() => logged.includes("schedules cannot be looked at"));
  database.exec("ALTER TABLE elsewhere RENAME TO schedule");
  database.close();
  await until(async () => {
    await clock.advance(10_000);
    return (await queue.list(5)).exports.length === 1;
  });
  stop.abort();
  await running;
  await queue.close();
});

test("while the list cannot be read the server's loop rests ten seconds between two looks, until it is to stop", async () => {
  await using folder = await scratchFolder();
  const clock = manualClock();
  const queue = embeddedJobQueue(folder.path, clock);
  const looks: number[] = [];
  const list = async (): Promise<never> => {
    looks.push(clock.now());
    throw new Error("SQLITE_BUSY");
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const stop = new AbortController();
  const schedules = { ...queue.schedules, list };
  const running = runSchedules({ schedules, queue, clock, random: () => 0, log }, stop.signal);
  await clock.advance(30_000);
  stop.abort();
  await running;
  expect(looks.map((moment) => (moment - looks[0]!) / 1_000)).toEqual([0, 10, 20, 30]);
});
