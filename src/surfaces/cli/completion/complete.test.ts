import { expect, test } from "vitest";

import { FORMATS } from "../../../core/export/format.ts";
import type { Entry } from "../context.ts";
import { runCommand } from "../program.ts";
import { TEST_MACHINE, testTerminal } from "../testing.ts";

const ADA = "ada@example.com";

/** What the program offers for the last of these words. */
async function offered(words: readonly string[], signedIn: Entry["signedIn"] = async () => [ADA]): Promise<string[]> {
  const terminal = await testTerminal();
  const never = async (): Promise<never> => Promise.reject(new Error("completion needs none of that"));
  const entry: Entry = {
    version: "1",
    language: "en",
    calledAs: "gmail-export",
    machine: TEST_MACHINE,
    terminal,
    signedIn,
    services: never,
    doctor: never,
    serve: never,
    work: never,
    moveState: never,
    demo: never,
  };
  expect(await runCommand(["__complete", "--", ...words], entry, new AbortController().signal)).toBe(0);
  expect(terminal.stderr()).toBe("");
  return terminal.stdout().split("\n").slice(0, -1);
}

const wordsOf = (lines: readonly string[]): string[] => lines.map((line) => line.split("\t")[0]!);

test("commands with what they do, but not the one that completes", async () => {
  const lines = await offered([""]);
  expect(lines).toContain("login\tsign in with Google");
  expect(wordsOf(lines)).toEqual(expect.arrayContaining(["export", "verify", "doctor", "completion", "help"]));
  expect(wordsOf(lines)).not.toContain("__complete");
  expect(wordsOf(await offered(["ver"]))).toEqual(["verify"]);
  expect(wordsOf(await offered(["help", "dem"]))).toEqual(["demo"]);
});

test("a command's own options, and those of all", async () => {
  expect(await offered(["export", ADA, "--m"])).toEqual(["--max-emails\tonly the newest n messages"]);
  expect(wordsOf(await offered(["verify", "-"]))).toEqual([
    "--online",
    "--quiet",
    "--help",
    "--version",
    "--json",
    "--lang",
  ]);
  expect(wordsOf(await offered(["--json", "statu"]))).toEqual(["status"]);
});

test("the commands below a command, and their options", async () => {
  expect(wordsOf(await offered(["domain", ""]))).toEqual(expect.arrayContaining(["accounts", "export"]));
  expect(wordsOf(await offered(["domain", "ex"]))).toEqual(["export"]);
  expect(wordsOf(await offered(["domain", "export", "--un"]))).toEqual(["--unit"]);
  expect(await offered(["domain", "nonsense", ""])).toEqual([]);
});

test("values where one comes next: choices, folders, who is signed in", async () => {
  expect(await offered(["completion", ""])).toEqual(["bash", "zsh", "fish"]);
  for (const words of [
    ["verify", ""],
    ["export", ADA, "--output-dir", "d"],
    ["export", "--output-dir="],
  ])
    expect(await offered(words)).toEqual([":directories"]);
  for (const command of ["export", "logout", "status", "doctor", "login"])
    expect(await offered([command, "a"])).toEqual([ADA]);
  expect(await offered(["export", "--label", "INBOX", "SENT", "--json", ""])).toEqual([ADA]);
  expect(await offered(["export", "--max-emails=5", ""])).toEqual([ADA]);
});

test("formats, and behind a comma those that are not there yet", async () => {
  expect(await offered(["export", ADA, "--formats", ""])).toEqual([...FORMATS]);
  expect(await offered(["export", ADA, "--formats=m"])).toEqual(["--formats=mbox"]);
  expect(await offered(["export", ADA, "--formats", "mbox,e"])).toEqual(["mbox,eml"]);
  expect(await offered(["export", ADA, "--formats", "mbox,"])).toEqual(
    FORMATS.filter((one) => one !== "mbox").map((one) => `mbox,${one}`),
  );
  expect(await offered(["export", ADA, "--formats", "mbox,mb"])).toEqual([]);
});

test("nothing where anything may stand, nothing more where all is said, nothing behind nonsense", async () => {
  expect(await offered(["export", ADA, "--max-emails", ""])).toEqual([]);
  expect(await offered(["export", ADA, "--label", "INBOX", ""])).toEqual([]);
  expect(await offered(["export", ADA, ""])).toEqual([]);
  expect(await offered(["export", "--", "-"])).toEqual([]);
  expect(await offered(["exprt", ""])).toEqual([]);
});

test("nobody, and no word of an error, where nobody can tell who is signed in", async () => {
  expect(await offered(["export", ""], () => Promise.reject(new Error("no such folder")))).toEqual([]);
});
