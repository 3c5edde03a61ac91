import { expect, test } from "vitest";

import { newDatabase } from "../../../test/postgres.ts";
import { systemClock as clock } from "../../clock.ts";
import { Secret } from "../../core/secret.ts";
import { openDatabase } from "./database.ts";
import { migrate } from "./migrations.ts";

const FIRST = "create table gmail_export.first (n int); insert into gmail_export.first values (1)";
const SECOND = "create table gmail_export.second (n int)";

test("each step runs once, however many start at the same time, and later ones follow", async () => {
  const url = new Secret(await newDatabase("empty"));
  await using one = openDatabase(url, clock);
  await using other = openDatabase(url, clock);
  await Promise.all([one, other, one].map((database) => migrate(database, [FIRST])));
  await migrate(other, [FIRST, SECOND]);
  await migrate(one, [FIRST, SECOND]);
  expect(await one.query("select n from gmail_export.first")).toEqual([{ n: 1 }]);
  expect(await one.query("select n from gmail_export.second")).toEqual([]);
  expect(await one.query("select number from gmail_export.migrations order by number")).toEqual([
    { number: 1 },
    { number: 2 },
  ]);
});

test("a step that fails leaves everything as it was", async () => {
  await using database = openDatabase(new Secret(await newDatabase("empty")), clock);
  await migrate(database, [FIRST]);
  await expect(migrate(database, [FIRST, SECOND, "select nonsense"])).rejects.toMatchObject({ code: "42703" });
  expect(await database.query("select to_regclass('gmail_export.second') as found")).toEqual([{ found: null }]);
  await migrate(database, [FIRST, SECOND]);
});

test("tables of a newer version are refused, and left alone", async () => {
  await using database = openDatabase(new Secret(await newDatabase("empty")), clock);
  await migrate(database, [FIRST, SECOND]);
  await expect(migrate(database, [FIRST])).rejects.toMatchObject({
    failure: { code: "database", retry: "never", message: expect.stringContaining("newer gmail-export") },
  });
  expect(await database.query("select n from gmail_export.first")).toEqual([{ n: 1 }]);
});
