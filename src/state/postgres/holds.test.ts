import { randomUUID } from "node:crypto";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { holdsContract } from "../../../test/contracts/holds.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { tcpProxy } from "../../../test/tcp-proxy.ts";
import { until } from "../../../test/wait.ts";
import { systemClock } from "../../clock.ts";
import { HoldLost } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { openDatabase } from "./database.ts";
import { postgresHolds, TIMES } from "./holds.ts";
import { postgresStage, type PostgresStage } from "./testing.ts";

let stage: PostgresStage;

beforeAll(async () => void (stage = await postgresStage()));
afterAll(() => stage[Symbol.asyncDispose]());

holdsContract("postgres", async () => ({
  open: () => postgresHolds(stage.another(), systemClock, { ...TIMES, lease: 600_000 }), // what is not given back stays
  place: async () => randomUUID(),
  [Symbol.asyncDispose]: async () => {},
}));

/** Short enough that a test may wait until they are over; what is asked of them holds however late that is noticed. */
const SHORT = { lease: 1_000, margin: 300, renew: 100, answer: 300, look: 50 };
const LONG_MS = 2 ** 30;

const rowOf = async (place: string): Promise<{ number: number; until: string }> => {
  const sql = "select number::float8, until::text from gmail_export.holds where place = $1";
  const [row] = await stage.database.query<{ number: number; until: string }>(sql, [place]);
  return row!;
};

test("a hold is renewed for as long as it lasts", async () => {
  const place = randomUUID();
  const times = { ...SHORT, lease: 600_000 };
  await using held = await postgresHolds(stage.another(), systemClock, times).take(place, 0);
  const first = (await rowOf(place)).until;
  await until(async () => (await rowOf(place)).until > first);
  await held!.confirm();
});

test("a number is above those before it, also in a database that has forgotten them", async () => {
  const holds = postgresHolds(stage.another(), systemClock);
  const place = randomUUID();
  const numbers: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    await using held = await holds.take(place, 0);
    numbers.push(held!.number);
    await stage.database.query("delete from gmail_export.holds where place = $1", [place]);
  }
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
});

describe("who does not renew a hold loses it", () => {
  test("while it was frozen: another has the place then, and the first is told so when it asks", async () => {
    const place = randomUUID();
    const frozen = manualClock(); // nothing of what waits for time goes on
    await using held = await postgresHolds(stage.another(), frozen, SHORT).take(place, 0);
    await using next = await postgresHolds(stage.another(), systemClock).take(place, LONG_MS);
    expect(next!.number).toBeGreaterThan(held!.number);
    await expect(held!.confirm()).rejects.toThrow(HoldLost);
    expect(held!.signal.reason).toBeInstanceOf(HoldLost);
    await held![Symbol.asyncDispose](); // which gives back nothing of another's
    await next!.confirm();
  });

  test("and hears it when it wakes up, before it asks", async () => {
    const place = randomUUID();
    const frozen = manualClock();
    await using held = await postgresHolds(stage.another(), frozen, SHORT).take(place, 0);
    await using _next = await postgresHolds(stage.another(), systemClock).take(place, LONG_MS);
    await frozen.advance(SHORT.renew);
    await until(() => held!.signal.aborted);
    expect(held!.signal.reason).toBeInstanceOf(HoldLost);
  });

  test("while the machine slept: by its own clock it is over, whatever the database would say", async () => {
    let slept = 0;
    const clock = { now: () => systemClock.now() + slept, sleep: () => new Promise<void>(() => {}) };
    await using held = await postgresHolds(stage.another(), clock, { ...SHORT, lease: 600_000 }).take(randomUUID(), 0);
    await held!.confirm();
    slept = 600_000 - SHORT.margin;
    await expect(held!.confirm()).rejects.toThrow(HoldLost);
    expect(held!.signal.reason).toBeInstanceOf(HoldLost);
  });

  test("while nothing comes through to the database and nobody says so: before another has the place", async () => {
    const url = new URL(stage.url.reveal());
    await using proxy = await tcpProxy(url.hostname, Number(url.port));
    url.port = String(proxy.port);
    const place = randomUUID();
    const limits = { connect: 500, statement: 1_000, answer: 1_000, idleInTransaction: 1_000 };
    await using database = openDatabase(new Secret(url.href), systemClock, limits);
    await using held = await postgresHolds(database, systemClock, SHORT).take(place, 0);
    proxy.freeze();
    const asked = held!.confirm().catch((error: unknown) => error);
    await using next = await postgresHolds(stage.another(), systemClock).take(place, LONG_MS);
    expect(next).toBeDefined();
    await expect(held!.confirm()).rejects.toThrow(HoldLost);
    await until(() => held!.signal.aborted);
    expect(held!.signal.reason).toMatchObject({ failure: { code: "database", retry: "backoff" } });
    expect(await asked).toMatchObject({ failure: { code: expect.stringMatching(/^(directory_busy|database)$/) } });
    proxy.open();
    await next!.confirm();
    await expect(held!.confirm()).rejects.toThrow(HoldLost);
  });
});

test("a hold outlives a database that is away for less than its lease", async () => {
  const url = new URL(stage.url.reveal());
  await using proxy = await tcpProxy(url.hostname, Number(url.port));
  url.port = String(proxy.port);
  const place = randomUUID();
  await using database = openDatabase(new Secret(url.href), systemClock);
  const times = { ...SHORT, lease: 600_000 };
  await using held = await postgresHolds(database, systemClock, times).take(place, 0);
  proxy.cut();
  await expect(held!.confirm()).rejects.toMatchObject({ failure: { code: "database", retry: "backoff" } });
  const before = (await rowOf(place)).until;
  proxy.open();
  await until(async () => (await rowOf(place)).until > before);
  await held!.confirm();
});
