import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { api } from "./api.ts";
import { commandStageSignedIn } from "./command-line.ts";
import { ADA, begin, expectAllOnce, inTheMiddle, reaches, standstill } from "./stage.ts";

/** Things that somebody put where our files lie, seen from outside: the program as a process. */

const run = promisify(execFile);
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

test("a named pipe in the place of any file of an export is named, and not waited for", async () => {
  await using w = await commandStageSignedIn({ messages: 5 });
  const data = join(w.product.folder, "data");
  const names = ["manifest.json", ".journal", ".batches", ".lock", "emails_batch_1.json", "emails_batch_1.json.part"];
  for (const [number, name] of names.entries()) {
    const directory = join(data, String(number));
    await mkdir(directory, { recursive: true });
    if (name === "emails_batch_1.json") await writeFile(join(directory, ".journal"), "");
    await run("mkfifo", [join(directory, name)]);
    const { code, stderr } = await w.product.cli(["export", ADA, "--output-dir", directory]);
    expect([name, code]).toEqual([name, name === ".lock" ? 7 : 8]);
    expect(stderr).toContain(name.replace(".part", ""));
    expect(stderr).not.toMatch(/\n\s+at /);
  }
});

test("links where an export writes lead nowhere: it ends as ever, and what they lead to is not touched", async () => {
  await using w = await commandStageSignedIn({ messages: 30 });
  await mkdir(w.directory, { recursive: true });
  const victim = join(w.product.folder, "victim");
  await writeFile(victim, "mine");
  for (const name of ["manifest.json.part", ".new-.journal", ".new-emails_batch_1.json.part"])
    await symlink(victim, join(w.directory, name));
  expect(await w.product.cli(["export", ADA, "--batch-size", "10"])).toMatchObject({ code: 0 });
  await expectAllOnce(w, w.directory);
  expect(await readFile(victim, "utf8")).toBe("mine");
});

test("a directory that was changed for a link while its export was paused is not written", async () => {
  await using w = await commandStageSignedIn({ messages: 200 });
  await using server = await w.product.serve();
  w.google.faults.add(standstill(40));
  const id = await begin(api(server.url), { batch_size: 20 });
  await inTheMiddle(api(server.url), id);
  await api(server.url).post(`/exports/${id}/pause`, {});
  w.google.faults.clear();
  await reaches(api(server.url), id, "paused");
  const elsewhere = join(w.product.folder, "elsewhere");
  await mkdir(elsewhere);
  await rename(w.directory, `${w.directory}-moved`);
  await symlink(elsewhere, w.directory);
  await api(server.url).post(`/exports/${id}/resume`, {});
  expect(await reaches(api(server.url), id, "failed")).toMatchObject({ failure: { code: "outside_export_dir" } });
  expect(await readdir(elsewhere)).toEqual([]);
});

test("folders that everybody could write in are private from the start on", async () => {
  await using w = await commandStageSignedIn({ messages: 5 });
  const folders = ["state", "tokens", "data", join("data", ADA)].map((name) => join(w.product.folder, name));
  await mkdir(w.directory, { recursive: true });
  for (const folder of folders) await chmod(folder, 0o777);
  expect(await w.product.cli(["export", ADA])).toMatchObject({ code: 0 });
  for (const folder of folders) expect([folder, await modeOf(folder)]).toEqual([folder, 0o700]);
});
