import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { commandStageSignedIn, type CommandStage } from "./command-line.ts";
import { BIN } from "./product.ts";
import { pseudoTerminal, type PseudoTerminal } from "./pseudo-terminal.ts";
import { runScript } from "./shell.ts";
import { ADA } from "./stage.ts";

let w: CommandStage;
/** Where `gmail-export` is a command. */
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  w = await commandStageSignedIn({ messages: 1 });
  const bin = join(w.product.folder, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "gmail-export"), `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  await chmod(join(bin, "gmail-export"), 0o700);
  for (const name of ["data/2024", "data/2025", `data/${ADA}`])
    await mkdir(join(w.product.folder, name), { recursive: true });
  env = { ...w.product.env, PATH: `${bin}:${process.env["PATH"]}`, PS1: "$ " };
});
afterAll(() => w[Symbol.asyncDispose]());

/** What the program offers for the last of these words. */
async function offered(...words: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await w.product.cli(["__complete", "--", ...words]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout === ""
    ? []
    : stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t")[0]!);
}

describe("what the program offers", () => {
  test("commands, but not the one that completes", async () => {
    const commands = await offered("");
    expect(commands).toEqual(
      expect.arrayContaining(["login", "logout", "status", "export", "verify", "doctor", "help"]),
    );
    expect(commands).not.toContain("__complete");
    expect(await offered("ver")).toEqual(["verify"]);
    expect(await offered("help", "dem")).toEqual(["demo"]);
  });

  test("a command's own options and those of all", async () => {
    expect(await offered("export", ADA, "--m")).toEqual(["--max-emails"]);
    expect(await offered("verify", "-")).toEqual(["--online", "--help", "--version", "--json"]);
    expect(await offered("--json", "status", "--")).toContain("--json");
  });

  test("values where one comes next: choices, folders, who is signed in", async () => {
    expect(await offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
    for (const words of [
      ["verify", ""],
      ["export", ADA, "--output-dir", "d"],
      ["export", "--output-dir="],
    ])
      expect(await offered(...words)).toEqual([":directories"]);
    for (const command of ["export", "logout", "status", "doctor", "login"])
      expect(await offered(command, "")).toEqual([ADA]);
    expect(await offered("export", "--label", "INBOX", "--json", "ad")).toEqual([ADA]);
    expect(await offered("export", "--", "-")).toEqual([]);
  });

  test("nothing where anything may stand, nothing more where all is said, and nothing of nonsense", async () => {
    expect(await offered("export", ADA, "--max-emails", "")).toEqual([]);
    expect(await offered("export", ADA, "")).toEqual([]);
    expect(await offered("exprt", "")).toEqual([]);
  });

  test("nobody, and no error, where nobody can be told", async () => {
    const offer = ["__complete", "--", "export", ""];
    expect(await w.product.cli(offer, { TOKEN_ENCRYPTION_KEY: "no key" })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await w.product.cli(offer, { TOKEN_DIR: "credentials.json" })).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("in bash", () => {
  /** A person's shell that has read what `completion` prints. */
  async function shell(): Promise<PseudoTerminal> {
    const bash = pseudoTerminal("bash", ["--norc", "--noprofile", "-i"], { cwd: w.product.folder, env, columns: 200 });
    bash.type("bind 'set enable-bracketed-paste off'; source <(gmail-export completion bash); echo re''ady\r");
    await bash.shows(/ready\n\$ *$/);
    return bash;
  }

  test.each([
    ["gmail-export ver\t", "gmail-export verify"],
    ["gmail-export export --max\t", "gmail-export export --max-emails"],
    ["gmail-export export ad\t", `gmail-export export ${ADA}`],
    ["gmail-export export ada@ex\t", `gmail-export export ${ADA}`],
    ["gmail-export verify data/2024\t", "gmail-export verify data/2024/"],
    ["gmail-export export --output-dir=data/2025\t", "gmail-export export --output-dir=data/2025/"],
    ["gmail-export verify data/ada\t", "gmail-export verify data/ada\\@example.com/"], // as bash spells names of files
  ])("%j becomes %j", async (typed, line) => {
    using bash = await shell();
    bash.type(typed);
    await bash.shows(new RegExp(`^\\$ ${RegExp.escape(line)}$`, "m"));
  });

  test("what was typed is never run", async () => {
    const script = `source <(gmail-export completion bash)
      COMP_LINE='gmail-export export $(touch evaluated) ' COMP_POINT=42
      COMP_WORDS=(gmail-export export '$(touch evaluated)' '') COMP_CWORD=3
      _gmail_export; ls evaluated 2>&1 | head -n 1; echo "<\${COMPREPLY[*]}>"`;
    const { stdout } = await runScript('exec bash --norc -c "$1"', [script], { cwd: w.product.folder, env });
    expect(stdout).toMatch(/^ls: .*No such file.*\n<>\n$/);
  });

  test("several candidates are all there", async () => {
    const script = `source <(gmail-export completion bash)
      COMP_LINE='gmail-export lo' COMP_POINT=15; _gmail_export; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await runScript('exec bash --norc -c "$1"', [script], { cwd: w.product.folder, env });
    expect([stdout, stderr]).toEqual(["login\nlogout\n", ""]);
  });
});

test.each(["zsh", "fish"])(
  "for %s the script hands the words to the program, and is sound where that shell is",
  async (name) => {
    const { code, stdout } = await w.product.cli(["completion", name]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ __complete -- .*2>\/dev\/null/);
    expect(stdout).not.toMatch(/\beval\b/);
    const check = 'command -v "$1" > /dev/null || exit 0; "$1" -n "$2"';
    const path = join(w.product.folder, `completion.${name}`);
    await writeFile(path, stdout);
    expect(await runScript(check, [name, path], { cwd: w.product.folder, env })).toMatchObject({ code: 0, stderr: "" });
  },
);
