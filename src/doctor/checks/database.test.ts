import { expect, test } from "vitest";

import { refuse } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { examine, fault, finding, set, SETTINGS } from "../testing.ts";

const named = set({ databaseUrl: new Secret("postgres://me:secret@db.example.com/mail") });
const refusal = (code: "database" | "key_unusable" | "settings_invalid") =>
  fault(refuse(code, "What happened.", "What to do.").failure);

test("a database that can be used is told; where none is named there is nothing to tell", async () => {
  expect(await finding("database", named)).toMatchObject({ status: "ok" });
  expect((await examine({})).filter(({ id }) => id === "database")).toEqual([]);
});

test("one that does not answer, is too old or too new, or has another clock or key, is a fault with what to do", async () => {
  for (const code of ["database", "key_unusable"] as const)
    expect(await finding("database", { ...named, state: refusal(code) })).toMatchObject({
      status: "fail",
      what: "What happened.",
      next: "What to do.",
    });
});

test("without one, it is told where the state was moved to, and the key of the folders is not told twice", async () => {
  expect(await finding("database", { state: refusal("settings_invalid") })).toMatchObject({ status: "fail" });
  const findings = await examine({ state: refusal("key_unusable") });
  expect(findings.filter(({ id }) => id === "database")).toEqual([]);
});

test("a DATABASE_URL that cannot be used is not looked at", async () => {
  const problems = [{ setting: "DATABASE_URL", problem: "must be the URL of a PostgreSQL database" }];
  const broken = { settings: { ...SETTINGS, problems } };
  expect(await finding("database", broken)).toMatchObject({ status: "skipped" });
});
