import { randomBytes } from "node:crypto";
import { inspect } from "node:util";

import { expect, test } from "vitest";

import { manualClock } from "../../../test/manual-clock.ts";
import { newDatabase } from "../../../test/postgres.ts";
import { systemClock } from "../../clock.ts";
import { ExportError, type Failure } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { State } from "../../core/ports/state.ts";
import { Secret } from "../../core/secret.ts";
import { openDatabase } from "./database.ts";
import { migrate } from "./migrations.ts";
import { postgresState } from "./postgres-state.ts";

const newKey = (): Secret => new Secret(randomBytes(32).toString("base64"));
const KEY = newKey();

type Changes = Readonly<{ key?: Secret; former?: Secret; clock?: Clock; onlyLooks?: boolean }>;

const stateAt = (url: string, { key = KEY, former, clock = systemClock, onlyLooks = false }: Changes = {}): State =>
  postgresState({
    settings: {
      databaseUrl: new Secret(url),
      encryptionKey: key,
      formerEncryptionKey: former,
      projectUnitsPerMinute: 6_000,
    },
    onlyLooks,
    worker: "here/1",
    clock,
  });

/** Why a state cannot be used; undefined where it can. Nothing of it, however deep one looks, may hold the password. */
async function refusalOf(url: string, changes: Changes = {}): Promise<Failure | undefined> {
  await using state = stateAt(url, changes);
  const error: unknown = await state.prepare().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain(new URL(url).password);
  if (error === undefined) return undefined;
  if (!(error instanceof ExportError)) throw new Error(`expected an ExportError, got ${inspect(error)}`);
  return error.failure;
}

test("tables are made at the first start; who only looks makes none, and finds nothing", async () => {
  const url = await newDatabase("empty");
  await using looking = stateAt(url, { onlyLooks: true });
  await looking.prepare();
  expect(await looking.hasQueue()).toBe(false);
  expect(await looking.grants.stored()).toEqual([]);
  expect(await looking.alarms.read()).toEqual({});
  await using state = stateAt(url);
  await state.prepare();
  expect(await looking.hasQueue()).toBe(true);
});

test("a database that does not answer is refused at the start, and not waited for", async () => {
  const url = new URL(await newDatabase());
  url.port = "1";
  expect(await refusalOf(url.href)).toMatchObject({ code: "database", retry: "never" });
});

test("a server that is older than 15 is refused", async () => {
  const url = new URL(await newDatabase());
  await using database = openDatabase(new Secret(url.href), systemClock);
  await database.query(`create schema old;
    create function old.current_setting(text) returns text language sql as 'select ''140011''::text'`);
  url.searchParams.set("options", "-c search_path=old,pg_catalog");
  expect(await refusalOf(url.href)).toMatchObject({
    code: "database",
    retry: "never",
    message: expect.stringContaining("PostgreSQL 14"),
  });
});

test("a clock that differs from the database's by more than a few seconds is refused, to either side", async () => {
  const url = await newDatabase();
  const off = (ms: number): Clock => ({ ...systemClock, now: () => systemClock.now() + ms });
  for (const ms of [60_000, -60_000])
    expect(await refusalOf(url, { clock: off(ms) })).toMatchObject({
      code: "database",
      retry: "never",
      message: expect.stringContaining("60 seconds apart"),
    });
  expect(await refusalOf(url, { clock: off(2_000) })).toBeUndefined();
});

test("a database of a newer version is refused, also by who only looks", async () => {
  const url = await newDatabase();
  await using database = openDatabase(new Secret(url), manualClock());
  await migrate(
    database,
    Array.from({ length: 99 }, () => "select 1"),
  );
  for (const onlyLooks of [false, true])
    expect(await refusalOf(url, { onlyLooks })).toMatchObject({ code: "database", retry: "never" });
});

test("two deployments with different keys cannot share a database; with the former key one follows the other", async () => {
  const url = await newDatabase();
  const next = newKey();
  expect(await refusalOf(url)).toBeUndefined();
  expect(await refusalOf(url)).toBeUndefined();
  for (const onlyLooks of [false, true])
    expect(await refusalOf(url, { key: next, onlyLooks })).toMatchObject({ code: "key_unusable", retry: "never" });
  expect(await refusalOf(url, { key: next, former: KEY })).toBeUndefined();
  expect(await refusalOf(url, { key: next })).toBeUndefined();
  expect(await refusalOf(url)).toMatchObject({ code: "key_unusable" });
});
