import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { SimulatorOptions } from "../simulator/google.ts";
import { api } from "./api.ts";
import { commandStageSignedIn, type CommandStage } from "./command-line.ts";
import { idsOnDisk } from "./exported.ts";
import { freePort } from "./free-port.ts";
import { type Outcome } from "./product.ts";
import { runScript } from "./shell.ts";
import { ADA, begin, expectAllOnce, inTheMiddle, pauseAfter, reaches, standstill } from "./stage.ts";
import { until } from "./wait.ts";

const EXPORT = ["export", ADA, "--batch-size", "60"];

const world = (options: SimulatorOptions = {}): Promise<CommandStage> =>
  commandStageSignedIn({ messages: 250, ...options });

/** The command said what is wrong, where, and what to do, and ended with 7. */
function expectDiskTrouble({ code, stderr }: Outcome, where: string, what: RegExp): void {
  expect(stderr).toMatch(what);
  expect(stderr).toContain(where);
  expect(stderr).toMatch(/(start the same export|do the same) again/i);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(code).toBe(7);
}

/** Whatever stands there under its final name is whole. */
async function expectNoHalfFile(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".json"));
  for (const name of names) JSON.parse(await readFile(join(directory, name), "utf8"));
}

async function expectDone(w: CommandStage): Promise<void> {
  const { code, stderr } = await w.product.cli(EXPORT);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  await expectAllOnce(w, w.directory);
  expect((await readdir(w.directory)).filter((name) => /\.part$|\.journal$/.test(name))).toEqual([]);
}

/** How many messages that were on disk already were read again. */
const readAgain = ({ google }: CommandStage, onDisk: readonly string[]): number =>
  onDisk.filter((id) => google.meter.gets(id) > 1).length;

/** Ids of what is on disk once something is. */
const underWay = ({ directory }: CommandStage): Promise<string[]> =>
  until(async () => {
    const ids = await idsOnDisk(directory).catch(() => []);
    return ids.length > 0 && ids;
  });

const BIN = join(import.meta.dirname, "..", "bin", "gmail-export.js");

/** The command within a shell that sets limits first; `"$@"` is the command there. */
function within(script: string, { google, product }: CommandStage): ReturnType<typeof runScript> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: product.folder,
    GMAIL_API_URL: google.url,
    GMAIL_UNITS_PER_MINUTE: "1000000000",
  };
  return runScript(script, [process.execPath, BIN, ...EXPORT], { cwd: product.folder, env });
}

describe("there is no room", () => {
  test("for more than a quota: it says so, keeps what is whole, and goes on when there is", async () => {
    await using w = await world();
    // A limit on the size of files is a quota that is full: writing fails in the middle of a record (EFBIG).
    const stopped = await within('ulimit -f 400; exec "$@"', w);
    expectDiskTrouble(stopped, w.directory, /no room left .*\(EFBIG\)/);
    await expectNoHalfFile(w.directory);
    const kept = await idsOnDisk(w.directory);
    expect(kept.length).toBeGreaterThan(0);
    await expectDone(w);
    expect(readAgain(w, kept)).toBeLessThan(20);
  });

  const mounted = spawnSync("sh", ["-c", "unshare -Urm mount -t tmpfs tmpfs /mnt"], { encoding: "utf8" });
  if (mounted.status === 0) test("on a file system that is full", expectFullFileSystem);
  else
    test("on a file system that is full: none may be mounted here, so the quota above stands for it", () => {
      expect(mounted.stderr).toMatch(/not permitted|denied|not found|No space left|Invalid argument/i);
    });

  async function expectFullFileSystem(): Promise<void> {
    await using w = await world();
    await mkdir(join(w.product.folder, "data"));
    const script = `
      mount -t tmpfs -o size=5m tmpfs data && head -c 4m /dev/zero > data/ballast
      "$@"; first=$?
      cp -r data/${ADA} stopped && rm data/ballast
      "$@" 1>&2; second=$?
      cp -r data/${ADA} done
      echo $first $second`;
    const { stdout, stderr } = await within(`unshare -Urm sh -c '${script}' sh "$@"`, w);
    expect(stderr).toMatch(/no room left .*\(ENOSPC\)/);
    expect(stdout).toBe("7 0\n");
    await expectNoHalfFile(join(w.product.folder, "stopped"));
    await expectAllOnce(w, join(w.product.folder, "done"));
  }
});

describe("the directory", () => {
  test("deleted under a running export: it says so, and the same command makes it anew", async () => {
    await using w = await world();
    w.google.faults.add(pauseAfter(60));
    const running = w.product.start(EXPORT);
    await underWay(w);
    await rm(w.directory, { recursive: true, maxRetries: 10 });
    w.google.faults.clear();
    expectDiskTrouble(await running.ended, w.directory, /gone away|was removed while/);
    await expectDone(w);
  });

  test("that cannot be used is named, and what is in its place is left alone", async () => {
    await using w = await world({ messages: 5 });
    const inData = (name: string): string => join(w.product.folder, "data", name);
    await mkdir(inData("odd/.lock"), { recursive: true });
    await writeFile(inData("file"), "mine");
    const exportTo = (exportDir: string, directory: string): Promise<Outcome> =>
      w.product.cli(["export", ADA, "--output-dir", directory], { EXPORT_DIR: exportDir });
    const data = inData(".");
    for (const [exportDir, directory, named, what] of [
      ["/sys", "/sys/gmail-export", "/sys/gmail-export", /may not be written/], // not even by root
      [data, inData("file"), inData("file"), /in the way/],
      [data, inData("file/below"), inData("file/below"), /in the way/],
      [inData("file"), inData("file/below"), inData("file"), /in the way/], // EXPORT_DIR itself is no folder
      [data, inData("odd"), inData("odd"), /cannot be locked/],
    ] as const)
      expectDiskTrouble(await exportTo(exportDir, directory), named, what);
    expect(await readFile(inData("file"), "utf8")).toBe("mine");
  });

  test("holds a link where its manifest is written: what that leads to is not touched", async () => {
    await using w = await world({ messages: 5 });
    await mkdir(w.directory, { recursive: true });
    const elsewhere = join(w.product.folder, "elsewhere");
    await writeFile(elsewhere, "mine");
    await symlink(elsewhere, join(w.directory, "manifest.json.part"));
    await expectDone(w);
    expect(await readFile(elsewhere, "utf8")).toBe("mine");
  });
});

describe.concurrent("two that want one directory", () => {
  const busy = ({ code, stderr }: Outcome): void => {
    expect(stderr).toMatch(/Another export is writing to/);
    expect(code).toBe(8);
  };

  test("two commands: the second is refused, the first is not disturbed", async () => {
    await using w = await world();
    w.google.faults.add(pauseAfter(60));
    const first = w.product.start(EXPORT);
    await underWay(w);
    busy(await w.product.cli(EXPORT));
    w.google.faults.clear();
    expect(await first.ended).toMatchObject({ code: 0 });
    await expectAllOnce(w, w.directory);
    expect(readAgain(w, w.google.mailbox().ids())).toBe(0);
  });

  test("a server and a command: likewise", async () => {
    await using w = await world();
    await using server = await w.product.serve();
    w.google.faults.add(pauseAfter(60));
    const id = await begin(api(server.url), { batch_size: 60 });
    await inTheMiddle(api(server.url), id);
    busy(await w.product.cli(EXPORT));
    w.google.faults.clear();
    await reaches(api(server.url), id, "completed");
    await expectAllOnce(w, w.directory);
    expect(readAgain(w, w.google.mailbox().ids())).toBe(0);
  });

  // Their exports are one list: what a killed server leaves is taken up by the other, when its lease has run out.
  test("two servers: one runs the export; when it is killed, the other one does", async () => {
    await using w = await world();
    await using first = await w.product.serve();
    await using second = await w.product.serve({ PORT: String(await freePort()) });
    w.google.faults.add(standstill(100));
    const id = await begin(api(first.url), { batch_size: 60 });
    await inTheMiddle(api(second.url), id);
    const onDisk = await idsOnDisk(w.directory);
    await first.stop("SIGKILL");
    w.google.faults.clear();
    await reaches(api(second.url), id, "completed");
    await expectAllOnce(w, w.directory);
    expect(readAgain(w, onDisk)).toBeLessThan(20);
  });
});

test("a second Ctrl-C leaves at once, where the first one does not end the command, and the same command goes on", async () => {
  await using w = await world();
  w.google.faults.add(pauseAfter(60));
  // Something keeps the process: after the first Ctrl-C everything is done, and it does not end.
  await writeFile(join(w.product.folder, "stay.mjs"), "setInterval(() => {}, 2 ** 30);");
  const running = w.product.start(EXPORT, { NODE_OPTIONS: "--import=./stay.mjs" });
  await underWay(w);
  const first = running.stop("SIGINT");
  await running.says(/Stopped\./);
  expect(await running.stop("SIGINT")).toMatchObject({ code: 130 });
  await first;
  w.google.faults.clear();
  const onDisk = await idsOnDisk(w.directory);
  await expectDone(w);
  expect(readAgain(w, onDisk)).toBeLessThan(20);
});
