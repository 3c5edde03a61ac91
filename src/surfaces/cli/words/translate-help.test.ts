import { expect, test } from "vitest";

import type { Entry } from "../context.ts";
import { runCommand } from "../program.ts";
import { testTerminal } from "../testing.ts";

const COMMANDS = ["login", "logout", "status", "rotate-key", "export", "verify", "doctor", "serve", "key", "demo"];

const never = async (): Promise<never> => Promise.reject(new Error("help needs none of that"));

async function helpOf(...argv: readonly string[]): Promise<string> {
  const terminal = await testTerminal();
  const parts = { services: never, signedIn: never, doctor: never, serve: never, demo: never };
  const entry: Entry = { version: "1", language: "en", calledAs: "gmail-export", terminal, ...parts };
  expect(await runCommand([...argv, "--help"], entry, new AbortController().signal)).toBe(0);
  return terminal.stdout();
}

/** What stands beside a command, an option or an argument, each line of it. */
const described = (help: string): string[] =>
  [...help.matchAll(/^ {2}(?!gmail-export)\S.*? {2,}(\S.*)$/gm)].map(([, text]) => text!);

test.each([[[]], ...COMMANDS.map((name) => [[name]]), [["completion"]]])(
  "help of %j says in French what everything is for",
  async (command) => {
    const [english, french] = [await helpOf(...command), await helpOf(...command, "--lang", "fr")];
    const [told, toldInFrench] = [described(english), described(french)];
    expect(told.length).toBeGreaterThan(1);
    expect(toldInFrench.length).toBeGreaterThan(1);
    expect(told.filter((text) => toldInFrench.includes(text))).toEqual([]);
    expect(french).toMatch(/^Usage : gmail-export/);
    expect(french).toContain("Codes de sortie :");
  },
);
