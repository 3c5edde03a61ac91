import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { describe, expect, test } from "vitest";

import { openBrowser } from "./browser.ts";
import { commandStage, commandStageSignedIn, eventsIn, hasCode, type CommandStage } from "./command-line.ts";
import { manifestIn } from "./exported.ts";
import { BIN, type Settings } from "./product.ts";
import { CTRL_C, pseudoTerminal, type PseudoTerminal } from "./pseudo-terminal.ts";
import { ADA, expectAllOnce, standstill } from "./stage.ts";

/** A command in a terminal. */
function at({ product }: CommandStage, columns: number, args: readonly string[], more: Settings = {}): PseudoTerminal {
  const env = { ...product.env, ...more };
  return pseudoTerminal(process.execPath, [BIN, ...args], { cwd: product.folder, env, columns });
}

/** SGR, colours and all (ECMA-48 §8.3.117). */
const COLOUR = "\u001B[3";

test("`npm start` logs for people in a terminal, and ends with npm", async () => {
  await using w = await commandStage();
  const folders = Object.fromEntries(
    ["STATE_DIR", "TOKEN_DIR", "EXPORT_DIR"].map((n) => [n, join(w.product.folder, n)]),
  );
  const env = { ...w.product.env, ...folders, GOOGLE_CREDENTIALS_PATH: join(w.product.folder, "credentials.json") };
  const cwd = join(import.meta.dirname, "..");
  using terminal = pseudoTerminal("npm", ["start"], { cwd, env, columns: 120 });
  await terminal.shows(/gmail-export listens on http/);
  const url = /listens on (http:\S+)/.exec(terminal.lines().join("\n"))![1]!;
  await fetch(`${url}/accounts`);
  await terminal.shows(/^\d\d:\d\d:\d\d request {2}method=GET {2}route=\/accounts/m);
  expect(terminal.output()).not.toContain('{"level"');
  terminal.type(CTRL_C);
  await terminal.ended;
  await expect(fetch(url)).rejects.toThrow();
});

describe("an export in a terminal", () => {
  test.each([60, 120])("is one line of at most %d columns that changes in place", async (columns) => {
    await using w = await commandStageSignedIn({ messages: 200, latencyMs: 40 });
    using terminal = at(w, columns, ["export", ADA]);
    expect(await terminal.ended).toBe(0);

    const drawn = terminal.drawn();
    expect(drawn.length).toBeGreaterThan(3);
    for (const line of drawn) expect(line.length).toBeLessThan(columns);
    if (columns === 120) expect(drawn).toContainEqual(expect.stringMatching(/^fetching ━+─+ /));
    expect(drawn).toContainEqual(expect.stringMatching(/^fetching .*\d+ % · \d+ of \d+ messages/));
    const [live, verdict] = terminal.lines();
    expect(live).toMatch(/^done .*100 % · (\d+) of \1 messages/);
    expect(verdict).toMatch(/^✓ Complete: /);
    await expectAllOnce(w, w.directory);
  });

  test("has colours, unless NO_COLOR or a dumb terminal says otherwise", async () => {
    await using w = await commandStageSignedIn({ messages: 5 });
    const output = async (settings: Settings): Promise<string> => {
      using terminal = at(w, 100, ["export", ADA], settings);
      expect(await terminal.ended).toBe(0);
      expect(terminal.lines().join("\n")).toContain("✓ Complete");
      return terminal.output();
    };
    expect(await output({})).toContain(COLOUR);
    expect(await output({ NO_COLOR: "" })).toContain(COLOUR); // https://no-color.org: only when it is not empty
    expect(await output({ NO_COLOR: "1" })).not.toContain(COLOUR);
    expect(await output({ TERM: "dumb" })).not.toContain("\u001B");
  });

  test("fills the terminal anew when that is resized", async () => {
    await using w = await commandStageSignedIn({ messages: 120 });
    w.google.faults.add(standstill(30));
    using terminal = at(w, 120, ["export", ADA]);
    await terminal.shows(/^fetching [━─]+ \d+ % · [1-9]\d* of \d+ messages/);
    terminal.resize(40);
    await terminal.shows(/^fetching \d+ % · \d+ of \d+/);
    expect(terminal.lines()[0]!.length).toBeLessThan(40);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
  });

  test("pauses with Ctrl-C, says how to go on, and then goes on to its end", async () => {
    await using w = await commandStageSignedIn({ messages: 120 });
    w.google.faults.add(standstill(30));
    using first = at(w, 100, ["export", ADA]);
    await first.shows(/[1-9]\d* of \d+ messages/);
    first.type(CTRL_C);
    expect(await first.ended).toBe(130);
    expect(first.lines().at(-1)).toMatch(/^Stopped\. .*the same command goes on from there\.$/);
    const [, done] = /([1-9]\d*) of \d+ messages/.exec(first.lines()[0]!)!;

    w.google.faults.clear();
    using second = at(w, 100, ["export", ADA]);
    expect(await second.ended).toBe(0);
    const [, begun] = /^fetching .*?(\d+) of \d+/m.exec(second.drawn().join("\n")) ?? [];
    expect(Number(begun ?? done)).toBeGreaterThanOrEqual(Number(done));
    await expectAllOnce(w, w.directory);
  });

  test("is left at once with a second Ctrl-C, and nothing is lost", async () => {
    await using w = await commandStageSignedIn({ messages: 120 });
    w.google.faults.add(standstill(30));
    using terminal = at(w, 100, ["export", ADA]);
    await terminal.shows(/[1-9]\d* of \d+ messages/);
    terminal.type(CTRL_C + CTRL_C);
    expect(await terminal.ended).toBe(130);
    w.google.faults.clear();
    expect(await w.product.cli(["export", ADA])).toMatchObject({ code: 0 });
    await expectAllOnce(w, w.directory);
  });

  test("pauses cleanly when the terminal is closed", async () => {
    await using w = await commandStageSignedIn({ messages: 120 });
    w.google.faults.add(standstill(30));
    using terminal = at(w, 100, ["export", ADA]);
    await terminal.shows(/[1-9]\d* of \d+ messages/);
    terminal.close();
    expect(await terminal.ended).toBe(130);
    expect(await manifestIn(w.directory)).toMatchObject({ complete: false });
  });

  test("tells events in place of the line with --json, as one terminal cannot show both", async () => {
    await using w = await commandStageSignedIn({ messages: 10 });
    using terminal = at(w, 4_000, ["--json", "export", ADA]);
    expect(await terminal.ended).toBe(0);
    expect(terminal.drawn()).toEqual([]);
    expect(eventsIn({ stdout: terminal.output().replaceAll("\r\n", "\n") }).at(-1)).toMatchObject({ event: "result" });
  });
});

describe("other commands in a terminal", () => {
  test("login shows the address, takes what is pasted, and is left with Ctrl-C while it waits for that", async () => {
    await using w = await commandStage();
    using login = at(w, 2_000, ["login", ADA, "--no-browser"]);
    const [address] = await login.shows(/^http\S+$/m);
    await login.shows(/Paste it here: *$/);
    const back = await openBrowser().visit(address, hasCode);
    login.type(`${back.url}\r`);
    expect(await login.ended).toBe(0);
    expect(login.lines().at(-1)).toBe(`✓ Signed in as ${ADA}.`);

    using left = at(w, 2_000, ["login", ADA, "--no-browser"]);
    await left.shows(/Paste it here: *$/);
    left.type(CTRL_C);
    expect(await left.ended).toBe(130);
    expect(left.lines().at(-1)).toBe("Stopped.");
  });

  test("status and doctor keep to 80 columns", async () => {
    await using w = await commandStageSignedIn({ messages: 1 });
    for (const command of ["status", "doctor"]) {
      using terminal = at(w, 80, [command], { EXPORT_DIR: "d", TOKEN_DIR: "tokens" });
      await terminal.ended;
      for (const line of terminal.lines()) if (!line.includes("/")) expect(line.length).toBeLessThanOrEqual(80);
      expect(terminal.output()).toContain(COLOUR);
    }
  });

  test("--help has bold titles in a terminal alone", async () => {
    await using w = await commandStage({ messages: 1 });
    using terminal = at(w, 80, ["export", "--help"]);
    expect(await terminal.ended).toBe(0);
    expect(terminal.output()).toContain("\u001B[1mExamples:");
    expect(terminal.wraps()).toBe(0);
    expect((await w.product.cli(["export", "--help"])).stdout).not.toContain("\u001B");
  });
});

describe("an export whose words nobody takes", () => {
  /** Runs one of sh, with the command as "$@". */
  async function shell({ product }: CommandStage, script: string, args: readonly string[]): Promise<[string, string]> {
    const child = spawn("sh", ["-c", script, "sh", process.execPath, BIN, ...args], {
      cwd: product.folder,
      env: product.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return [stdout, stderr];
  }

  test("goes on to its end when the reader of its events leaves", async () => {
    await using w = await commandStageSignedIn({ messages: 60, latencyMs: 20 });
    const [stdout, stderr] = await shell(w, '{ "$@"; echo "ended with $?" >&2; } | head -n 1', [
      "--json",
      "export",
      ADA,
    ]);
    expect(eventsIn({ stdout })).toMatchObject([{ event: "started", email: ADA }]);
    expect(stderr).toBe("ended with 0\n");
    await expectAllOnce(w, w.directory);
  });

  test("goes on to its end when there is nowhere to speak at all", async () => {
    await using w = await commandStageSignedIn({ messages: 10 });
    expect(await shell(w, '"$@" >&- 2>&-; echo $?', ["export", ADA])).toEqual(["0\n", ""]);
    await expectAllOnce(w, w.directory);
  });

  test("writes whole lines into a file, and ends with 7 where those find no room", async () => {
    await using w = await commandStageSignedIn({ messages: 10 });
    const path = join(w.product.folder, "events.json");
    expect(await shell(w, `"$@" > "${path}"`, ["--json", "export", ADA])).toEqual(["", ""]);
    await using file = await open(path);
    expect(eventsIn({ stdout: await file.readFile("utf8") }).map(({ event }) => event)).toEqual(
      expect.arrayContaining(["started", "progress", "result"]),
    );
    const [code, words] = await shell(w, 'exec 3>&1; "$@" > /dev/full; echo $? >&3', ["status"]);
    expect([code, words]).toEqual(["7\n", expect.stringContaining("ENOSPC")]);
  });
});
