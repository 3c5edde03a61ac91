import { expect, test } from "vitest";

import type { Entry } from "../context.ts";
import { runCommand } from "../program.ts";
import { TEST_MACHINE, testTerminal } from "../testing.ts";
import { calledAs, named } from "./called-as.ts";

test("a command is printed as it can be typed where the program runs", () => {
  expect(calledAs("/usr/local/bin/gmail-export", {})).toBe("gmail-export");
  expect(calledAs("/repo/node_modules/.bin/gmail-export", { npm_command: "exec" })).toBe("npx gmail-export");
  expect(calledAs("/repo/bin/gmail-export.js", { npm_command: "run-script" })).toBe("npx gmail-export");
  expect(calledAs("/repo/bin/gmail-export.js", {})).toBe("npx gmail-export");
  expect(calledAs(undefined, {})).toBe("npx gmail-export");
});

test("only commands are renamed: not the program's name, not what npx calls already, not a path", () => {
  const text =
    "gmail-export reads mail. Type `gmail-export login`, or gmail-export <command> --help; npx gmail-export doctor; /opt/gmail-export serve";
  expect(named(text, "npx gmail-export")).toBe(
    "gmail-export reads mail. Type `npx gmail-export login`, or npx gmail-export <command> --help; npx gmail-export doctor; /opt/gmail-export serve",
  );
  expect(named(text, "gmail-export")).toBe(text);
});

test("every command of the program is one", async () => {
  const terminal = await testTerminal();
  const never = async (): Promise<never> => Promise.reject(new Error("help needs none of that"));
  const parts = { services: never, signedIn: never, doctor: never, serve: never, demo: never };
  const entry: Entry = {
    version: "1",
    language: "en",
    calledAs: "gmail-export",
    machine: TEST_MACHINE,
    terminal,
    ...parts,
  };
  await runCommand(["--help"], entry, new AbortController().signal);
  const names = [...terminal.stdout().matchAll(/^ {2}(?!gmail-export )([a-z][a-z-]*) .*? {2,}\S/gm)].map(
    ([, name]) => name!,
  );
  expect(names).toEqual(expect.arrayContaining(["export", "convert"]));
  expect(names.filter((name) => named(`gmail-export ${name}`, "npx gmail-export") === `gmail-export ${name}`)).toEqual(
    [],
  );
});
