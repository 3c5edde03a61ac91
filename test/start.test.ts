import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { install } from "./product.ts";

/** Node tells on stderr which code it looks for in the cache: all that is loaded. */
const TELLING = { NODE_DEBUG_NATIVE: "COMPILE_CACHE" };

/** Modules that were looked for, each as often as it was. */
const loadedIn = (said: string): string[] =>
  [...said.matchAll(/reading cache from \S+ for (?:ESM|CommonJS) (\S+?)\.\.\./g)].map(([, name]) => name!);

test("threads of the server take their code compiled, as the server does", async () => {
  await using google = await simulateGoogle({ messages: 1 });
  await using product = await install(google, TELLING);
  await using server = await product.serve();
  const { code, stderr } = await server.stop("SIGTERM");
  expect(code).toBe(0);
  const loaded = loadedIn(stderr);
  const list = loaded.filter((name) => name.endsWith("/src/state/embedded/database-thread.ts"));
  expect(list).toHaveLength(2); // the server's own, and that of the thread that keeps the list
  // The pages of the API's reference wait for a reader, and what Fastify checks requests with is not what we do.
  expect(loaded.filter((name) => /\/node_modules\/(ajv|@scalar)\//.test(name))).toEqual([]);
});

test("commands whose memory V8 keeps small by other settings do not take each other's compiled code away", async () => {
  await using google = await simulateGoogle({ messages: 1 });
  await using product = await install(google, TELLING);
  const env = { XDG_CACHE_HOME: product.folder };
  for (const command of ["export", "status"]) await product.cli([command, "--help"], env);
  const { stderr } = await product.cli(["export", "--help"], env);
  expect(loadedIn(stderr).length).toBeGreaterThan(100);
  expect(stderr).toContain("was accepted");
  expect(stderr).not.toMatch(/was rejected|writing cache/);
});

/** Says at the end which of Node's own modules were loaded. */
const PROBE = `process.on("exit", () => console.error(process.moduleLoadList.join("\\n")));`;

test("a command loads no server, nothing to call Gmail with where it calls nobody, and no live line without a terminal", async () => {
  await using google = await simulateGoogle({ messages: 1 });
  await using product = await install(google, { ...TELLING, NODE_OPTIONS: "--import=./probe.mjs" });
  await writeFile(join(product.folder, "probe.mjs"), PROBE);
  const { code, stderr } = await product.cli(["status"]);
  expect(code).toBe(0);
  const loaded = loadedIn(stderr);
  expect(loaded.filter((name) => name.endsWith("/src/main.ts"))).toHaveLength(1);
  expect(
    loaded.filter((name) =>
      /\/node_modules\/(@?fastify|@scalar|undici|hyparquet|log-update|string-width)\//.test(name),
    ),
  ).toEqual([]);
  // An import of node:http loads Node's own WebSocket, and with it another undici: a sixth of a start.
  expect(stderr).toContain("NativeModule path");
  expect(stderr).not.toMatch(/NativeModule .*undici/);
});
