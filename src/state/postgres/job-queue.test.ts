import { once } from "node:events";

import { PgBoss } from "pg-boss";
import { afterAll, beforeAll, expect, test } from "vitest";

import { jobQueueContract, refusalOf, requestOf } from "../../../test/contracts/job-queue.ts";
import { scheduleOf, schedulesContract, type SchedulesStage } from "../../../test/contracts/schedules.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { newDatabase } from "../../../test/postgres.ts";
import { tcpProxy } from "../../../test/tcp-proxy.ts";
import { until } from "../../../test/wait.ts";
import { systemClock } from "../../clock.ts";
import { HoldLost } from "../../core/errors.ts";
import { NO_PROGRESS } from "../../core/export/job.ts";
import { Secret } from "../../core/secret.ts";
import { work, type RunExport } from "../../pipeline/worker.ts";
import { openDatabase, type Database } from "./database.ts";
import { postgresJobQueue } from "./job-queue.ts";

/** One for all tests: it only goes on. */
const clock = manualClock();
const warned: string[] = [];
const log = { warn: (event: string, fields = {}) => void warned.push(`${event} ${JSON.stringify(fields)}`) };
const fetching = { ...NO_PROGRESS, stage: "fetching" } as const;

let url: string;
let database: Database;
let other: Database;
/** The first as this process has it, the others as others do: making one takes pg-boss a tenth of a second. */
const queues: (ReturnType<typeof postgresJobQueue> | undefined)[] = [];

beforeAll(async () => {
  url = await newDatabase();
  const secret = new Secret(url);
  [database, other] = [openDatabase(secret, systemClock), openDatabase(secret, systemClock)];
  queues.push(postgresJobQueue(database, clock, log));
  expect([...(await queues[0]!.counts())]).toEqual([]);
  expect(await database.query("SELECT 1 FROM pg_namespace WHERE nspname = 'pgboss'")).toEqual([]); // whoever looks makes nothing
  await queues[0]!.schedules.takeDuty("start", 1); // taking an export would remember the machine's time, which is ahead of the tests'
  // The database's clock, which alone decides, is the tests'; as of any clock no two transactions see one moment of it.
  await database.query(`
    CREATE TABLE clock (now timestamptz NOT NULL);
    INSERT INTO clock VALUES (now());
    CREATE SEQUENCE ticks;
    CREATE OR REPLACE FUNCTION pgboss.job_now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN
      IF COALESCE(current_setting('test.tick', true), '') = '' THEN
        PERFORM set_config('test.tick', nextval('public.ticks')::text, true);
      END IF;
      RETURN (SELECT now FROM public.clock) + current_setting('test.tick')::int * interval '1 microsecond';
    END $$`);
});
afterAll(async () => {
  for (const queue of queues) await queue?.close();
  await database[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

async function open(): Promise<SchedulesStage> {
  const set = async (): Promise<void> => {
    await database.query("UPDATE clock SET now = to_timestamp($1 / 1000.0)", [clock.now()]);
    await database.query("ALTER SEQUENCE ticks RESTART");
  };
  const advance = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await set();
  };
  await advance(60_000); // whatever an earlier test left is long over
  // Again where pg-boss looks after its tables just now, and one of both would wait for the other.
  await database.transaction((query) =>
    query("DELETE FROM gmail_export.exports; DELETE FROM gmail_export.schedules; DELETE FROM pgboss.job"),
  );
  warned.length = 0;
  let given = 1;
  const another = () => {
    const slot = given;
    const made = (queues[slot] ??= postgresJobQueue(other, clock));
    given += 1;
    const close = async (): Promise<void> => {
      queues[slot] = undefined;
      await made.close();
    };
    return { ...made, close };
  };
  return {
    clock: { ...clock, advance },
    queue: queues[0]!,
    schedules: queues[0]!.schedules,
    another,
    anotherSchedules: () => another().schedules,
    [Symbol.asyncDispose]: async () => {},
  };
}

jobQueueContract("postgres", open);
schedulesContract("postgres", open);

test("a change that another process makes is heard of at once", async () => {
  await using at = await open();
  const far = at.another();
  const stop = new AbortController();
  let isHeard = false;
  const changed = at.queue.changed(stop.signal).then(() => (isHeard = true));
  let added = 0;
  await until(async () => {
    await far.add(requestOf(`ada${(added += 1)}@example.com`)); // again where it does not listen yet
    return isHeard; // the clock stands still: only the database can have told it
  });
  stop.abort();
  await changed;
});

test("a damaged entry is told and left out, never taken, blocks nobody, and can be removed", async () => {
  await using at = await open();
  const { id } = await at.queue.add(requestOf("ada"));
  const good: object = JSON.parse(JSON.stringify(await at.queue.get(id)));
  const bad = [
    "{",
    "null",
    JSON.stringify({ ...good, createdAt: 1e300 }),
    JSON.stringify({ ...good, state: "paused" }),
  ];
  for (const job of bad) {
    await database.query("UPDATE gmail_export.exports SET job = $1 WHERE id = $2", [job, id]);
    for (const ask of [() => at.queue.get(id), () => at.queue.ask(id, "pause")])
      expect(await refusalOf(ask()), job).toBe("internal");
    expect((await at.queue.list(5)).exports).toEqual([]);
    expect(await at.queue.take()).toBeUndefined();
  }
  expect(warned).toEqual([expect.stringContaining(id)]);
  const next = await at.queue.add(requestOf("ada")); // its directory too
  expect((await at.queue.take())!.job.id).toBe(next.id);
  await at.queue.remove(id);
  expect(await refusalOf(at.queue.get(id))).toBe("export_unknown");
});

test("a damaged schedule is told and left out, starts nothing, and can be removed", async () => {
  await using at = await open();
  const bad = await at.schedules.add(scheduleOf("ada@example.com"));
  const good = await at.schedules.add(scheduleOf("bob@example.com"));
  await database.query("UPDATE gmail_export.schedules SET schedule = '{' WHERE id = $1", [bad.id]);
  expect(await refusalOf(at.schedules.get(bad.id))).toBe("internal");
  expect(await at.schedules.list()).toEqual([good]);
  expect(warned).toEqual([expect.stringContaining(bad.id)]);
  await at.schedules.remove(bad.id);
  expect(await refusalOf(at.schedules.get(bad.id))).toBe("schedule_unknown");
});

test("an export whose job somebody removed from pg-boss' tables is taken all the same, and its worker stops", async () => {
  await using at = await open();
  await at.queue.add(requestOf("ada@example.com"));
  await at.queue.add(requestOf("bob@example.com"));
  const lease = (await at.queue.take())!;
  await database.query("DELETE FROM pgboss.job");
  expect(await lease.beat(fetching)).toBe("lost");
  await lease.release({ state: "completed" }, fetching);
  await at.clock.advance(10_000);
  const taken = [(await at.queue.take())!, (await at.queue.take())!];
  expect(taken.map(({ job }) => job.request.account).toSorted()).toEqual(["ada@example.com", "bob@example.com"]);
});

test("an export that was cancelled in pg-boss' own tables stops its worker, and one that paused for longer than they keep goes on", async () => {
  await using at = await open();
  const { id } = await at.queue.add(requestOf("ada@example.com"));
  await at.queue.ask(id, "pause");
  await database.query("DELETE FROM pgboss.job"); // as pg-boss does after a week
  await at.queue.ask(id, "resume");
  const lease = (await at.queue.take())!;
  expect(lease.job.id).toBe(id);
  await database.query("UPDATE pgboss.job SET state = 'cancelled'");
  expect(await lease.beat(fetching)).toBe("lost");
});

test("what pg-boss' own supervision took from a dead worker is taken up with all it had", async () => {
  await using at = await open();
  const { id } = await at.queue.add(requestOf("ada@example.com"));
  const dead = (await at.queue.take())!;
  await dead.beat({ ...fetching, exported: 3 });
  await at.clock.advance(70_000);
  await using boss = await bossOf();
  await boss.supervise();
  const heir = (await at.another().take())!;
  expect(heir.job).toMatchObject({ id, progress: { exported: 3 } });
  expect(await dead.beat(fetching)).toBe("lost");
});

test("an export that runs for half a day makes room for itself: pg-boss takes no run for longer than a day", async () => {
  await using at = await open();
  const { id } = await at.queue.add(requestOf("ada@example.com"));
  const lease = (await at.queue.take())!;
  expect(await lease.beat(fetching)).toBe("go_on");
  await at.clock.advance(12 * 3_600_000 + 1);
  expect(await lease.beat(fetching)).toBe("make_room");
  await lease.release({ state: "queued" }, fetching);
  expect((await at.queue.take())!.job.id).toBe(id);
});

test("pg-boss' own tables tell what waits, what runs and how it ended, without an address in what ended", async () => {
  await using at = await open();
  for (const name of ["ada", "bob", "eve"]) await at.queue.add(requestOf(`${name}@example.com`));
  await (await at.queue.take())!.release({ state: "completed" }, { ...fetching, exported: 4 });
  await at.queue.take();
  await using boss = await bossOf();
  expect(await boss.getQueues()).toMatchObject([{ name: "exports", policy: "singleton" }]);
  const jobs = await boss.findJobs<object>("exports");
  expect(jobs.map(({ state }) => state).toSorted()).toEqual(["active", "completed", "created"]);
  const ended = jobs.find(({ state }) => state === "completed")!;
  expect(ended.output).toMatchObject({ state: "completed", exported: 4 });
  expect(JSON.stringify([ended.output, ended.data])).not.toContain("@");
  expect(await boss.detectSchemaDrift()).toMatchObject({ missing: [], missingTables: [], columnDrift: [] });
});

async function bossOf(): Promise<PgBoss & AsyncDisposable> {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false, max: 2 });
  await boss.start();
  return Object.assign(boss, { [Symbol.asyncDispose]: () => boss.stop({ graceful: false }) });
}

test("while the database is gone an export stops before its lease ends, fails by nothing, and goes on when it is back", async () => {
  await using at = await open();
  const { hostname, port } = new URL(url);
  await using proxy = await tcpProxy(hostname, Number(port));
  const leading = new URL(url);
  leading.port = String(proxy.port);
  await using through = openDatabase(new Secret(leading.href), systemClock);
  const queue = postgresJobQueue(through, clock);
  const stopped: unknown[] = [];
  const run: RunExport = async (_request, report, signal) => {
    report({ ...fetching, exported: stopped.length + 1 });
    await once(signal, "abort");
    stopped.push(signal.reason);
    throw signal.reason;
  };
  const errors: string[] = [];
  const told = { debug: () => {}, info: () => {}, warn: () => {}, error: (event: string) => void errors.push(event) };
  const stop = new AbortController();
  const working = work({ queue, run, concurrency: 2, clock, log: told }, stop.signal);
  const { id } = await at.queue.add(requestOf("ada@example.com"));
  const runs = (exported: number) =>
    until(async (note) => {
      await at.clock.advance(500);
      const { state, progress } = note(await at.queue.get(id));
      return state === "running" && progress.exported === exported;
    });
  await runs(1);

  proxy.cut();
  await until(async () => {
    await at.clock.advance(500);
    return stopped.length === 1 && errors.includes("no export can be taken up");
  });
  expect(stopped[0]).toBeInstanceOf(HoldLost);
  await at.clock.advance(60_000);
  expect((await at.queue.get(id)).state).toBe("running"); // as far as anybody knows

  proxy.open();
  await runs(2);
  stop.abort();
  await working;
  expect((await at.queue.get(id)).state).toBe("queued");
  await queue.close();
});

test("many workers that take, beat and give back at once never have two of one account, and end all", async () => {
  await using at = await open();
  const workers = [at.queue, at.another(), at.another()];
  for (let n = 0; n < 24; n += 1) await at.queue.add(requestOf(`a${n % 5}@example.com`, `/data/${n}`));
  const running = new Set<string>();
  let ended = 0;
  const workOff = async (queue: (typeof workers)[number]): Promise<void> => {
    for (;;) {
      const lease = await queue.take();
      if (!lease && ended === 24) return;
      if (!lease) continue;
      const { account } = lease.job.request;
      expect(running).not.toContain(account);
      running.add(account);
      const answers = await Promise.all([
        lease.beat(fetching),
        at.queue.ask(lease.job.id, "pause"),
        lease.beat(fetching),
      ]);
      expect(answers).not.toContain("lost");
      running.delete(account);
      ended += 1;
      await lease.release({ state: "completed" }, fetching);
    }
  };
  await Promise.all([...workers, ...workers].map(workOff));
  expect(Object.fromEntries(await at.queue.counts())).toEqual({ completed: 24 });
});

test("any number of processes may be the first of a database at once", async () => {
  const secret = new Secret(await newDatabase());
  await using opened = new AsyncDisposableStack();
  const all = Array.from({ length: 4 }, () => {
    const queue = postgresJobQueue(opened.use(openDatabase(secret, systemClock)), systemClock, log);
    opened.defer(() => queue.close());
    return queue;
  });
  await Promise.all(all.map((queue) => queue.take()));
});
