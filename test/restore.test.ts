import { cp, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect, test } from "vitest";

import { commandStageSignedIn, jsonIn, type CommandStage } from "./command-line.ts";
import { manifestIn } from "./exported.ts";
import { install, type Product } from "./product.ts";
import { ADA, begin, reaches, stageSignedIn } from "./stage.ts";

/** A new machine with what docs/operations.md calls precious, and nothing else. */
async function restore({ google, product }: Pick<CommandStage, "google" | "product">): Promise<Product> {
  const fresh = await install(google);
  await mkdir(join(fresh.folder, "state"), { mode: 0o700 });
  for (const path of ["data", "tokens", join("state", "key")])
    await cp(join(product.folder, path), join(fresh.folder, path), { recursive: true });
  return fresh;
}

/** Runs Ada's export; resolves with how many messages were fetched for it, in this run and all before. */
async function fetched(product: Product, directory: string, ...options: string[]): Promise<number> {
  const { code, stderr } = await product.cli(["export", ADA, ...options]);
  expect(code, stderr).toBe(0);
  const { complete, quota } = await manifestIn(directory);
  expect(complete).toBe(true);
  return (quota.calls["messages.get"] ?? 0) + (quota.calls["threads.get"] ?? 0);
}

test("a backup restored onto another machine is signed in and sound, and its exports go on without fetching anything twice", async () => {
  await using w = await commandStageSignedIn();
  const before = await fetched(w.product, w.directory);
  expect(before).toBeGreaterThan(0);
  await using fresh = await restore(w);
  const directory = join(fresh.folder, "data", ADA);
  expect(jsonIn(await fresh.cli(["status", ADA, "--json"]))).toMatchObject({ authenticated: true });
  expect((await fresh.cli(["verify", directory])).code).toBe(0);
  expect(await fetched(fresh, directory)).toBe(before);
});

test("an export directory that was moved goes on in its new place", async () => {
  await using w = await commandStageSignedIn();
  const before = await fetched(w.product, w.directory);
  const moved = join(w.product.folder, "data", "archive");
  await rename(w.directory, moved);
  expect(await fetched(w.product, moved, "--output-dir", "data/archive")).toBe(before);
});

test("the list of exports is copied whole while the server writes it, and another server takes the copy", async () => {
  await using w = await stageSignedIn({ messages: 5 });
  const id = await begin(w);
  await reaches(w, id, "completed");
  await using fresh = await install(w.google);
  await mkdir(join(fresh.folder, "state"), { mode: 0o700 });
  using list = new DatabaseSync(join(w.product.folder, "state", "exports.sqlite"));
  list.exec(`VACUUM INTO '${join(fresh.folder, "state", "exports.sqlite")}'`);
  await using server = await fresh.serve();
  const answer = await fetch(`${server.url}/exports`);
  expect(await answer.json()).toMatchObject({ exports: [{ id, state: "completed" }] });
});
