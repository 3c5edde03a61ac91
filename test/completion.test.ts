import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { commandStageSignedIn, type CommandStage } from "./command-line.ts";
import { BIN, type Outcome, type Settings } from "./product.ts";
import { CTRL_U, pseudoTerminal, type PseudoTerminal } from "./pseudo-terminal.ts";
import { runScript } from "./shell.ts";
import { ADA } from "./stage.ts";

const run = promisify(execFile);

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

/** The folders of the PATH whose `node` is older than this program needs, as on a machine that it is brought to. */
async function foldersOfOlderNodes(): Promise<string[]> {
  const folders = [...new Set((process.env["PATH"] ?? "").split(":"))];
  const versions = folders.map(async (folder) => {
    const { stdout } = await run(join(folder, "node"), ["--version"]).catch(() => ({ stdout: "" }));
    return Number(/^v(\d+)/.exec(stdout)?.[1] ?? Infinity);
  });
  const majors = await Promise.all(versions);
  return folders.filter((_, at) => majors[at]! < 24);
}

test("`npm link` makes it a command, which an older Node starts too, and which completes", async (context) => {
  const prefix = join(w.product.folder, "prefix");
  await mkdir(prefix);
  const repository = join(import.meta.dirname, "..");
  const older = await foldersOfOlderNodes();
  if (older.length === 0) await context.annotate("there is no older Node on the PATH: only the link is tried");
  const PATH = [join(prefix, "bin"), ...older, process.env["PATH"]].join(":");
  const home = { ...w.product.env, HOME: w.product.folder };
  await run("npm", ["link", "--ignore-scripts", "--offline"], {
    cwd: repository,
    env: { ...home, PATH: process.env["PATH"], npm_config_prefix: prefix },
  });
  const script = `gmail-export --version; source <(gmail-export completion bash)
    COMP_LINE='gmail-export expor' COMP_POINT=18; _gmail_export gmail-export expor gmail-export; echo "<\${COMPREPLY[*]}>"`;
  const { stdout, stderr } = await runScript('exec bash --norc -c "$1"', [script], {
    cwd: w.product.folder,
    env: { ...home, PATH },
  });
  expect([stdout, stderr]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+\S*\n<export>\n$/), ""]);
});

test("offers who is signed in without asking for the key of the sign-ins, and nobody where none can be told", async () => {
  const offered = async (settings: Settings): Promise<Outcome> =>
    w.product.cli(["__complete", "--", "export", ""], settings);
  const nobody = { code: 0, stdout: "", stderr: "" };
  expect(await offered({ TOKEN_ENCRYPTION_KEY: "no key" })).toEqual({ ...nobody, stdout: `${ADA}\n` });
  expect(await offered({ TOKEN_DIR: "credentials.json" })).toEqual(nobody);
});

describe("in bash", () => {
  /** A person's shell that has read what `completion` prints. */
  let bash: PseudoTerminal | undefined;
  const openShell = async (): Promise<PseudoTerminal> => {
    const opened = pseudoTerminal("bash", ["--norc", "--noprofile", "-i"], {
      cwd: w.product.folder,
      env,
      columns: 200,
    });
    bash = opened;
    opened.type("bind 'set enable-bracketed-paste off'; source <(gmail-export completion bash); echo re''ady\r");
    await opened.shows(/ready\n\$ *$/);
    return opened;
  };
  const close = (): void => {
    bash?.[Symbol.dispose]();
    bash = undefined;
  };
  afterEach(({ task }) => {
    if (task.result?.state === "fail") close(); // nobody knows what stands there now: the next test has a fresh one
  });
  afterAll(close);

  test.each([
    ["gmail-export ver\t", "gmail-export verify"],
    ["gmail-export export --max\t", "gmail-export export --max-emails"],
    ["gmail-export export ad\t", `gmail-export export ${ADA}`],
    ["gmail-export export ada@ex\t", `gmail-export export ${ADA}`],
    ["gmail-export verify data/2024\t", "gmail-export verify data/2024/"],
    ["gmail-export export --output-dir=data/2025\t", "gmail-export export --output-dir=data/2025/"],
    ["gmail-export verify data/ada\t", "gmail-export verify data/ada\\@example.com/"], // as bash spells names of files
  ])("%j becomes %j", async (typed, line) => {
    const shell = bash ?? (await openShell());
    shell.type(typed);
    await shell.shows(new RegExp(`\\$ ${RegExp.escape(line)}$`));
    shell.type(CTRL_U); // no signal: readline leaves one that comes just before it reads until the next key
    await shell.shows(/\n\$ *$/);
  });

  test("what was typed is never run", async () => {
    const script = `source <(gmail-export completion bash)
      COMP_LINE='gmail-export export $(touch evaluated) ' COMP_POINT=42
      COMP_WORDS=(gmail-export export '$(touch evaluated)' '') COMP_CWORD=3
      _gmail_export gmail-export "" '$(touch evaluated)'; ls evaluated 2>&1 | head -n 1; echo "<\${COMPREPLY[*]}>"`;
    const { stdout } = await runScript('exec bash --norc -c "$1"', [script], { cwd: w.product.folder, env });
    expect(stdout).toMatch(/^ls: .*No such file.*\n<>\n$/);
  });

  test("several candidates are all there", async () => {
    const script = `source <(gmail-export completion bash)
      COMP_LINE='gmail-export lo' COMP_POINT=15; _gmail_export gmail-export lo gmail-export; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await runScript('exec bash --norc -c "$1"', [script], { cwd: w.product.folder, env });
    expect([stdout, stderr]).toEqual(["login\nlogout\nlog\n", ""]);
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
