import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { install } from "./product.ts";
import { ADA, begin, pauseAfter, reaches, signIn, stage, stageSignedIn } from "./stage.ts";
import { until } from "./wait.ts";

/** What others than the owner may do with anything below a folder. */
async function openToOthers(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const modes = await Promise.all(
    names.map(async (name) => {
      const { mode } = await stat(join(folder, name));
      return `${(mode & 0o777).toString(8)} ${name}`;
    }),
  );
  return modes.filter((mode) => !/^[0-7]00 /.test(mode));
}

describe("what is written is for its owner alone", () => {
  test.each([0o000, 0o022, 0o077])("with umask %o", async (mask) => {
    const before = process.umask(mask); // the server takes it over
    try {
      await using w = await stage({ messages: 40 });
      process.umask(before);
      await signIn(w.server, ADA);
      const id = await begin(w, { batch_size: 15 });
      await reaches(w, id, "completed");
      for (const folder of ["tokens", "state", "data"])
        expect(await openToOthers(join(w.product.folder, folder)), folder).toEqual([]);
      expect((await readdir(join(w.product.folder, "data", ADA))).toSorted()).toContain("emails_batch_3.json");
    } finally {
      process.umask(before);
    }
  });
});

test("a stored sign-in holds no token in the clear, and is nothing without the key", async () => {
  await using w = await stageSignedIn({ messages: 3 });
  const grant = await readFile(join(w.product.folder, "tokens", `${ADA}.grant`), "utf8");
  expect(grant).toMatch(/^v1\.[\w-]+$/);
  await writeFile(join(w.product.folder, "state", "key"), Buffer.alloc(32, 7).toString("base64"));
  const { code, stderr } = await w.product.cli(["status", ADA]);
  expect({ code, said: stderr }).toEqual({ code: 3, said: expect.stringContaining("(grant_unreadable)") });
});

test("the key changes while a server runs and an export goes on; nobody signs in again", async () => {
  await using w = await stageSignedIn({ messages: 60 });
  const keyPath = join(w.product.folder, "state", "key");
  const old = await readFile(keyPath, "utf8");
  w.google.faults.add(pauseAfter(10));
  const id = await begin(w);
  await until(() => (w.google.meter.calls["messages.get"] ?? 0) > 0);
  const { code, stdout } = await w.product.cli(["--json", "rotate-key"]);
  expect({ code, said: JSON.parse(stdout) }).toEqual({ code: 0, said: { sealed_anew: 1, unopened: 0 } });
  expect(await readFile(keyPath, "utf8")).not.toBe(old);
  w.google.expireAccessTokens(); // so that the export opens the sign-in once more
  w.google.faults.clear();
  await reaches(w, id, "completed");
  expect((await w.get(`/auth/status?email=${ADA}`)).body).toMatchObject({ authenticated: true });
  expect((await w.product.cli(["status", ADA])).code).toBe(0);
});

describe("secrets that other users may read are refused with what to type", () => {
  test.each([
    ["the key", "state/key"],
    ["a stored sign-in", `tokens/${ADA}.grant`],
  ])("%s", async (_, name) => {
    await using w = await stageSignedIn({ messages: 3 });
    const path = join(w.product.folder, name);
    await chmod(path, 0o644);
    const { code, stderr } = await w.product.cli(["status", ADA]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(`chmod 600 ${path}`) });
    await chmod(path, 0o600);
    expect((await w.product.cli(["status", ADA])).code).toBe(0);
  });

  test("a .env whose key stands behind a byte order mark, which opens nothing and is no less private", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using product = await install(google);
    const path = join(product.folder, ".env");
    await writeFile(path, `\uFEFFAPI_KEY=${"k".repeat(43)}\n`, { mode: 0o644 });
    expect(await product.cli(["status"])).toMatchObject({ code: 3, stderr: expect.stringContaining("chmod 600 .env") });
    await chmod(path, 0o600);
    await using server = await product.serve();
    expect((await fetch(`${server.url}/accounts`)).status).toBe(401);
  });

  test("a .env, when it holds one", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using product = await install(google);
    const path = join(product.folder, ".env");
    await writeFile(path, "LOG_LEVEL=warn\n", { mode: 0o644 });
    expect((await product.cli(["status"])).code).toBe(0);
    await writeFile(path, `API_KEY=${"k".repeat(43)}\n`);
    const refused = await product.cli(["status"]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("chmod 600 .env") });
    const doctor = await product.cli(["--json", "doctor"]);
    expect(doctor.stdout).toContain("chmod 600 .env");
    await chmod(path, 0o600);
    expect((await product.cli(["status"])).code).toBe(0);
  });
});
