import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { TestProject } from "vitest/node";

import { offerBrowser } from "./browser-server.ts";
import { offerBuckets } from "./bucket-server.ts";
import { offerPostgres } from "./postgres-offer.ts";
import { processesOf } from "./processes.ts";
import { makeRunFolder } from "./run-folder.ts";

/** Compiled code is the same for every run. */
const COMPILED = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "tests");

/**
 * Before all tests: a folder that only this user may read, for everything that the run writes to disk, one browser, one
 * PostgreSQL and one server of buckets for all files, each started when the first asks for it. After them: nothing that the
 * run started may still be there.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await makeRunFolder();
  const browser = await offerBrowser();
  const postgres = await offerPostgres();
  const buckets = await offerBuckets(folder);
  // The workers have these, too.
  process.env["TMPDIR"] = folder;
  process.env["TEST_BROWSER"] = browser.address;
  process.env["TEST_POSTGRES"] = postgres.address;
  process.env["TEST_BUCKETS"] = buckets.address;
  // Of a thread that a test starts, a third of a second is taking the types out of what it loads. Code that comes compiled
  // is counted less exactly, though (Node's documentation of the cache).
  if (!project.config.coverage.enabled) process.env["NODE_COMPILE_CACHE"] = COMPILED;
  return async () => {
    await browser.close();
    await postgres.close();
    await buckets.close();
    const left = await processesOf(folder);
    for (const { pid } of left) process.kill(pid, "SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    if (left.length > 0)
      throw new Error(`the tests left processes behind:\n${left.map(({ pid, line }) => `${pid} ${line}`).join("\n")}`);
  };
}
