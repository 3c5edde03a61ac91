import { expect, test } from "vitest";

import { runAlone } from "../testing.ts";
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
  const { stdout } = await runAlone(["--help"]);
  const names = [...stdout.matchAll(/^ {2}(?!gmail-export )([a-z][a-z-]*) .*? {2,}\S/gm)].map(([, name]) => name!);
  expect(names).toEqual(expect.arrayContaining(["export", "convert"]));
  expect(names.filter((name) => named(`gmail-export ${name}`, "npx gmail-export") === `gmail-export ${name}`)).toEqual(
    [],
  );
});
