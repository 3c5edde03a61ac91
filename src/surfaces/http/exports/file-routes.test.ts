import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { fastify } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { expect, test } from "vitest";

import { requestOf } from "../../../../test/contracts/job-queue.ts";
import { manualClock } from "../../../../test/manual-clock.ts";
import { readDirectory } from "../../../../test/on-disk.ts";
import { scratchFolder } from "../../../../test/scratch.ts";
import { takeALittle } from "../../../../test/slow-reader.ts";
import { until } from "../../../../test/wait.ts";
import { manifestWith } from "../../../../test/written-export.ts";
import type { Snapshot } from "../../../core/ports/read-directory.ts";
import { archiveAsTar } from "../../../pipeline/directory/reading/archive.ts";
import { embeddedJobQueue } from "../../../state/embedded/job-queue.ts";
import { fileRoutes } from "./file-routes.ts";

const BATCH = "emails_batch_1.json";
const LARGE = 1 << 30;

/** The calls alone, over a directory with a batch of one GiB, and what is read of it. */
async function stage() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratchFolder());
  const queue = embeddedJobQueue(join(folder.path, "state"), manualClock());
  stack.defer(() => queue.close());
  const { id } = await queue.add(requestOf("ada@example.com", folder.path));
  await writeFile(join(folder.path, BATCH), "");
  await truncate(join(folder.path, BATCH), LARGE);
  const manifest = manifestWith({
    email: "Ada@example.com",
    total_emails: 1,
    total_batches: 1,
    batches: [{ file: BATCH, count: 1, bytes: LARGE, sha256: "" }],
  });
  await writeFile(join(folder.path, "manifest.json"), JSON.stringify(manifest));

  const seen = { open: 0, bytes: 0, log: [] as string[] };
  const observed = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    async open(file) {
      const opened = await snapshot.open(file);
      seen.open += 1;
      return {
        async *read(start, end) {
          for await (const chunk of opened.read(start, end)) {
            seen.bytes += chunk.length;
            yield chunk;
          }
        },
        async [Symbol.asyncDispose]() {
          await opened[Symbol.asyncDispose]();
          seen.open -= 1;
        },
      };
    },
  });
  const app = fastify({ forceCloseConnections: true });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const note = (event: string): void => void seen.log.push(event);
  const reading = {
    manifest: readDirectory.manifest,
    snapshot: async (path: string) => observed((await readDirectory.snapshot(path))!),
  };
  const log = { debug: note, info: note, warn: note, error: note };
  await app.register(fileRoutes({ queue, readDirectory: reading, archive: archiveAsTar, log }));
  stack.defer(() => app.close());
  const url = `${await app.listen({ host: "127.0.0.1", port: 0 })}/exports/${id}`;
  const ours = stack.move();
  return { url, seen, [Symbol.asyncDispose]: () => ours.disposeAsync() };
}

test.for([`files/${BATCH}`, "archive"])(
  "%s is read as fast as the client takes it, and closed when it leaves",
  async (path) => {
    await using w = await stage();
    const { url, seen } = w;
    const leave = await takeALittle(`${url}/${path}`);
    for (let before = -1; before !== seen.bytes;) {
      before = seen.bytes;
      await sleep(50);
    }
    expect(seen.open).toBe(1);
    expect(seen.bytes).toBeGreaterThan(0);
    expect(seen.bytes).toBeLessThan(64 << 20); // what the buffers of the system and of Node hold
    leave();
    await until(() => seen.open === 0);
    expect(seen.log).toEqual([]);
  },
);

test("neither a look at the head nor a client that has the file already reads any of it", async () => {
  await using w = await stage();
  const { url, seen } = w;
  const asks = [
    { method: "HEAD" },
    { headers: { "if-none-match": "*" } },
    { headers: { range: `bytes=${LARGE}-` } },
    { headers: { "if-match": '"x"' } },
  ];
  const statuses = await Promise.all(asks.map(async (ask) => (await fetch(`${url}/files/${BATCH}`, ask)).status));
  expect(statuses).toEqual([200, 304, 416, 412]);
  const head = await fetch(`${url}/archive`, { method: "HEAD" });
  expect(Number(head.headers.get("content-length"))).toBeGreaterThan(LARGE);
  expect(seen).toMatchObject({ open: 0, bytes: 0 });
});

test("a few bytes of a large file are all that is read for them", async () => {
  await using w = await stage();
  const { url, seen } = w;
  const part = await fetch(`${url}/files/${BATCH}`, { headers: { range: `bytes=${LARGE - 9}-` } });
  expect((await part.arrayBuffer()).byteLength).toBe(9);
  await until(() => seen.open === 0);
  expect(seen.bytes).toBe(9);
});
