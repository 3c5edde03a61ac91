import { inspect } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { newDatabase } from "../../../test/postgres.ts";
import { tcpProxy } from "../../../test/tcp-proxy.ts";
import { until } from "../../../test/wait.ts";
import { systemClock as clock } from "../../clock.ts";
import { ExportError, failureOf, type Failure } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { openDatabase, type Database } from "./database.ts";
import { refusalOf } from "./refusals.ts";

/** No password of a test's own looks like this. */
const MARK = "TOPSECRET";

let url: string;
let database: Database;

beforeAll(async () => {
  url = await newDatabase();
  database = openDatabase(new Secret(url), clock);
  await database.query("create table counts (name text primary key, count int not null)");
});
afterAll(() => database[Symbol.asyncDispose]());

const changed = (change: (url: URL) => void): string => {
  const other = new URL(url);
  change(other);
  return other.href;
};

/** How a query to this URL fails; nothing of it, however deep one looks, may hold the password. */
async function failureAt(at: string): Promise<Failure> {
  await using other = openDatabase(new Secret(at), clock);
  const error: unknown = await other.query("select 1").catch((reason: unknown) => reason);
  if (!(error instanceof ExportError)) throw new Error(`expected an ExportError, got ${inspect(error)}`);
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain(new URL(at).password || MARK);
  return error.failure;
}

test("rows come back, of several statements in one text those of all", async () => {
  expect(await database.query("select $1::int + 1 as sum", [2])).toEqual([{ sum: 3 }]);
  expect(await database.query("select 1 as n; select 2 as n")).toEqual([{ n: 1 }, { n: 2 }]);
});

test("a transaction is kept as a whole or not at all", async () => {
  const failing = database.transaction(async (query) => {
    await query("insert into counts values ('torn', 1)");
    throw new Error("the caller's matter");
  });
  await expect(failing).rejects.toThrow("the caller's matter");
  expect(await database.query("select * from counts where name = 'torn'")).toEqual([]);
  await database.transaction((query) => query("insert into counts values ('kept', 1)"));
  expect(await database.query("select count from counts where name = 'kept'")).toEqual([{ count: 1 }]);
});

test("transactions that get into each other's way run again, and none is lost", async () => {
  await database.query("insert into counts values ('shared', 0)");
  const add = () =>
    database.transaction(async (query) => {
      await query("set transaction isolation level serializable");
      const [row] = await query<{ count: number }>("select count from counts where name = 'shared'");
      await query("update counts set count = $1 where name = 'shared'", [row!.count + 1]);
    });
  await Promise.all([add(), add(), add()]);
  expect(await database.query("select count from counts where name = 'shared'")).toEqual([{ count: 3 }]);
});

test("what breaks a rule of the database tells which, and nothing of what was sent", async () => {
  const twice = database.query("insert into counts values ($1, 1), ($1, 1)", ["ada@example.com"]);
  const error: unknown = await twice.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "23505" });
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain("ada@example.com");
});

test("whoever waits is let go at once when it is called off, and the next one finds a sound connection", async () => {
  const stop = new AbortController();
  const reason = new Error("called off");
  const waiting = database.query("select pg_sleep(600)", [], stop.signal);
  const inside = database.transaction((query) => query("select pg_sleep(600)"), stop.signal);
  const [isGone, isGoneToo] = [waiting, inside].map((one) => expect(one).rejects.toBe(reason));
  stop.abort(reason);
  await Promise.all([isGone, isGoneToo]);
  await expect(database.query("select 1", [], stop.signal)).rejects.toBe(reason);
  expect(await database.query("select 1 as n")).toEqual([{ n: 1 }]);
});

test("what is sent to a channel is heard, also after the connection was lost; then it is told that something may be missing", async () => {
  const stop = new AbortController();
  const heard: (string | undefined)[] = [];
  database.listen("news", (payload) => void heard.push(payload), stop.signal);
  await until(() => heard.length === 1);
  await database.query("select pg_notify('news', 'one')");
  await until(() => heard.length === 2);
  await database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'",
  );
  await until(() => heard.length === 3);
  await database.query("select pg_notify('news', 'two')");
  await until(() => heard.length === 4);
  expect(heard).toEqual([undefined, "one", undefined, "two"]);
  stop.abort();
});

test.each<[string, () => string, Partial<Failure>]>([
  [
    "a password that is wrong",
    () => changed((to) => (to.password = MARK)),
    { retry: "never", next: expect.stringContaining("password") },
  ],
  [
    "no password",
    () => changed((to) => (to.password = "")),
    { retry: "never", next: expect.stringContaining("password") },
  ],
  [
    "a database that is not there",
    () => changed((to) => (to.pathname = "/elsewhere")),
    { retry: "never", next: expect.stringContaining("createdb") },
  ],
  ["a user that is not there", () => changed((to) => (to.username = "eve")), { retry: "never" }],
  [
    "TLS that the server has not",
    () => changed((to) => (to.search = "?sslmode=verify-full")),
    { retry: "never", next: expect.stringContaining("sslmode") },
  ],
  [
    "a host that is not there",
    () => changed((to) => (to.hostname = "nowhere.invalid")),
    { retry: "backoff", outage: true },
  ],
])("%s is told with its remedy", async (_, at, failure) => {
  expect(await failureAt(at())).toMatchObject({ code: "database", ...failure });
});

test("several statements in one text, of which one failed within a transaction of theirs, spoil nothing for who comes next", async () => {
  await expect(database.query("begin; select 1 / 0; commit")).rejects.toMatchObject({ code: "22012" });
  const next = Array.from({ length: 20 }, () => database.query("select 1 as n"));
  expect(await Promise.all(next)).toEqual(next.map(() => [{ n: 1 }]));
});

test("a server that waited too long for a process that stood still is tried again", () => {
  const refusal = refusalOf(Object.assign(new Error("idle-in-transaction timeout"), { code: "25P03" }), "there");
  expect(failureOf(refusal)).toMatchObject({ code: "database", retry: "backoff" });
});

test("a server that says nothing any more is told as gone, and not waited for", async () => {
  const { hostname, port } = new URL(url);
  await using proxy = await tcpProxy(hostname, Number(port));
  const soon = { connect: 200, statement: 200, answer: 200, idleInTransaction: 200 };
  const leading = changed((to) => (to.port = String(proxy.port)));
  await using through = openDatabase(new Secret(leading), clock, soon);
  const select = async () => (await through.query<{ n: number }>("select 1 as n"))[0]?.n === 1;
  await until(() => select().catch(() => false)); // a busy machine may need longer than that for its first connection
  proxy.freeze();
  for (let tries = 0; tries < 2; tries += 1)
    // a connection that stands, and one that is being made
    await expect(through.query("select 1")).rejects.toMatchObject({
      failure: { code: "database", retry: "backoff", outage: true },
    });
});

test("a server that is gone is told as gone, and is used again when it is back", async () => {
  const { hostname, port } = new URL(url);
  await using proxy = await tcpProxy(hostname, Number(port));
  await using through = openDatabase(new Secret(changed((to) => (to.port = String(proxy.port)))), clock);
  expect(await through.query("select 1 as n")).toEqual([{ n: 1 }]);
  proxy.cut();
  for (let tries = 0; tries < 2; tries += 1)
    // a connection that broke, and one that is not made
    await expect(through.query("select 1")).rejects.toMatchObject({
      failure: { code: "database", retry: "backoff", outage: true },
    });
  proxy.open();
  expect(await through.query("select 1 as n")).toEqual([{ n: 1 }]);
});
