import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { Finding, FindingId } from "../src/doctor/finding.ts";
import { commandStage, jsonIn } from "./command-line.ts";
import { newDatabase } from "./postgres.ts";
import type { Outcome, Settings } from "./product.ts";
import { ADA } from "./stage.ts";

const findingIn = (outcome: Outcome, id: FindingId): Finding | undefined =>
  (jsonIn(outcome) as readonly Finding[]).find((one) => one.id === id);

test("state move by the command line: what is refused, where it went, and what doctor says of it", async () => {
  await using stage = await commandStage({ messages: 1 });
  const { product } = stage;
  const url = await newDatabase("empty");
  const database: Settings = { DATABASE_URL: url, TOKEN_ENCRYPTION_KEY: randomBytes(32).toString("base64") };
  const { id } = jsonIn(await product.cli(["schedule", "add", ADA, "0 3 * * *", "--json"])) as { id: string };

  const bare = await product.cli(["state", "move", "--to", "database"]);
  expect([bare.code, bare.stderr]).toEqual([3, expect.stringContaining("DATABASE_URL names no database")]);
  const keyless = await product.cli(["state", "move", "--to", "database"], { DATABASE_URL: url });
  expect([keyless.code, keyless.stderr]).toEqual([
    3,
    expect.stringContaining(`${join("state", "key")} (where there is`),
  ]);

  const moved = await product.cli(["state", "move", "--to", "database", "--json"], database);
  expect(moved.code, moved.stderr).toBe(0);
  expect(jsonIn(moved)).toMatchObject({ to: "database", exports: 0, schedules: 1, sign_ins: 0, limits: 0, alarms: 0 });
  expect(moved.stdout + moved.stderr).not.toContain(new URL(url).password);
  expect(jsonIn(await product.cli(["schedule", "list", "--json"], database))).toMatchObject({ schedules: [{ id }] });
  const started = await product.cli(["schedule", "list", "--lang", "fr"]);
  expect([started.code, started.stderr]).toEqual([3, expect.stringContaining("a été déplacé dans")]);

  expect(findingIn(await product.cli(["doctor", "--json"], database), "database")).toMatchObject({ status: "ok" });
  const alone = findingIn(await product.cli(["doctor", "--json"]), "database");
  expect(alone).toMatchObject({ status: "fail", what: expect.stringContaining("was moved to") });
  const away = new URL(url);
  away.port = "1";
  const unheard = await product.cli(["doctor", "--json"], { ...database, DATABASE_URL: away.href });
  expect(findingIn(unheard, "database")).toMatchObject({
    status: "fail",
    what: expect.stringContaining("does not answer"),
  });
});
