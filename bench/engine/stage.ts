import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { systemClock as clock } from "../../src/clock.ts";
import type { Manifest } from "../../src/core/export/manifest.ts";
import { accessToken } from "../../src/google/access-token.ts";
import { readCredentials } from "../../src/google/credentials.ts";
import { keyInFile } from "../../src/state/embedded/grants/key-in-file.ts";
import { sealedGrants } from "../../src/state/embedded/grants/sealed-grants.ts";
import { fileLock } from "../../src/storage/folder/lock.ts";
import { filesOnDisk as files } from "../../src/storage/folder/private-files.ts";
import { openBrowser } from "../../test/browser.ts";
import { install, type Product } from "../../test/product.ts";
import { scratchFolder } from "../../test/scratch.ts";
import type { Usage } from "./usage.ts";

const ACCOUNT = "ada@example.com";
const BODY_BYTES = 10_000;
const FAR = "1000000000"; // units a minute
const SIMULATOR = fileURLToPath(import.meta.resolve("../../simulator/main.ts"));
const BIN = fileURLToPath(import.meta.resolve("../../bin/gmail-export.js"));
const BARE = fileURLToPath(import.meta.resolve("./bare.ts"));
const BARE_ORIGINALS = fileURLToPath(import.meta.resolve("./bare-originals.ts"));
const LOADED_FIRST = import.meta.resolve("./usage.ts");

/** A simulated Google in a process of its own, and gmail-export installed and signed in: all that is measured runs in new processes. */
export type Stage = AsyncDisposable &
  Readonly<{
    /** An export that finds nothing: the program's start. */
    startOurs(): Promise<Usage>;
    startBare(): Promise<Usage>;
    /** A whole export, as a person starts it. What it wrote is there until the next one. */
    ours(): Promise<Usage>;
    bare(): Promise<Usage>;
    /** The same with attachments and originals, and what its manifest says of them. */
    oursWithOriginals(): Promise<Usage & { bytes: number; units: number }>;
    startBareOriginals(): Promise<Usage>;
    bareOriginals(): Promise<Usage>;
    /** Throws when the two did not write the same records. */
    mustAgree(): Promise<void>;
  }>;

/** What the mailbox is like: messages in a conversation on the average, bytes of text in each, and at the most of attachments. */
type Shape = Readonly<{ perThread: number; bodyBytes: number; attachmentBytes?: number }>;

export async function setUp(messages: number, shape: Shape = { perThread: 3, bodyBytes: BODY_BYTES }): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchFolder());
  const credentialsPath = join(scratch.path, "credentials.json");
  const google = stack.use(await startSimulator(messages, shape, credentialsPath));
  const credentials: object = JSON.parse(await readFile(credentialsPath, "utf8"));
  const product = stack.use(await install({ url: google.url, credentials }));
  await signIn(product);
  const token = await tokenIn(product.folder);

  const usagePath = join(scratch.path, "usage.json");
  const measured = { NODE_OPTIONS: `--import ${LOADED_FIRST}`, BENCH_USAGE: usagePath };
  const data = join(product.folder, "data");
  const output = {
    nothing: join(data, "nothing"),
    ours: join(data, "ours"),
    bare: join(scratch.path, "bare.ndjson"),
    bareOriginals: join(scratch.path, "bare-eml"),
  };

  const run = async (
    script: string,
    args: readonly string[],
    settings: Readonly<Record<string, string>>,
  ): Promise<Usage> => {
    const env = { PATH: process.env["PATH"], HOME: product.folder, ...measured, ...settings };
    const child = spawn(process.execPath, [script, ...args], {
      cwd: product.folder,
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    if (code !== 0) throw new Error(`${script} ${args.join(" ")} ended with ${code}:\n${said}`);
    return JSON.parse(await readFile(usagePath, "utf8"));
  };
  const cli = (args: readonly string[]): Promise<Usage> =>
    run(BIN, args, { GMAIL_API_URL: google.url, GMAIL_UNITS_PER_MINUTE: FAR, GMAIL_PROJECT_UNITS_PER_MINUTE: FAR });
  const bare = (settings: Readonly<Record<string, string>>): Promise<Usage> => run(BARE, [], settings);

  const kept = stack.move();
  return {
    async startOurs() {
      await rm(output.nothing, { recursive: true, force: true });
      return cli(["export", ACCOUNT, "--query", "from:nobody@nowhere.example", "--output-dir", output.nothing]);
    },
    startBare: () => bare({}),
    async ours() {
      await rm(output.ours, { recursive: true, force: true });
      return cli(["export", ACCOUNT, "--output-dir", output.ours]);
    },
    async oursWithOriginals() {
      await rm(output.ours, { recursive: true, force: true });
      const usage = await cli(["export", ACCOUNT, "--attachments", "--formats", "eml", "--output-dir", output.ours]);
      const { originals, quota, complete }: Manifest = JSON.parse(
        await readFile(join(output.ours, "manifest.json"), "utf8"),
      );
      if (!complete || originals?.count !== messages) throw new Error("not every original came");
      return { ...usage, bytes: originals.bytes, units: quota.units };
    },
    startBareOriginals: () => run(BARE_ORIGINALS, [], {}),
    async bareOriginals() {
      await rm(output.bareOriginals, { recursive: true, force: true });
      return run(BARE_ORIGINALS, [], { BENCH_URL: google.url, BENCH_TOKEN: token, BENCH_OUTPUT: output.bareOriginals });
    },
    bare: () => bare({ BENCH_URL: google.url, BENCH_TOKEN: token, BENCH_OUTPUT: output.bare }),
    async mustAgree() {
      const [ours, bares] = [await recordsIn(output.ours), await linesOf(output.bare)];
      if (ours.length !== messages || ours.some((record, index) => record !== bares[index]))
        throw new Error("the bare loop did not write the records that gmail-export wrote");
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function startSimulator(
  messages: number,
  { perThread, bodyBytes, attachmentBytes = 0 }: Shape,
  credentialsPath: string,
): Promise<AsyncDisposable & { url: string }> {
  const options = {
    messages,
    "per-thread": perThread,
    "body-bytes": bodyBytes,
    "attachment-bytes": attachmentBytes,
    credentials: credentialsPath,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [SIMULATOR, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  if (typeof line !== "string") throw new Error("the simulator did not start");
  const { url }: { url: string } = JSON.parse(line);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

async function signIn(product: Product): Promise<void> {
  const login = product.start(["login", ACCOUNT, "--no-browser"]);
  const [url] = await login.says(/http:\S+state=\S+/);
  await openBrowser().visit(url);
  const { code, stderr } = await login.ended;
  if (code !== 0) throw new Error(`the sign-in failed:\n${stderr}`);
}

async function tokenIn(folder: string): Promise<string> {
  const store = sealedGrants(
    join(folder, "tokens"),
    keyInFile(join(folder, "state/key"), files).keys,
    fileLock(clock),
    files,
  );
  const credentials = () => readCredentials(join(folder, "credentials.json"));
  const token = await accessToken(ACCOUNT, { credentials, store, clock, random: Math.random })(
    undefined,
    new AbortController().signal,
  );
  return token.reveal();
}

/** The records of an export, sorted; each is a line of a batch. */
async function recordsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith("emails_batch_"));
  const lines = await Promise.all(names.map((name) => linesOf(join(folder, name))));
  const records = lines.flat().filter((line) => line.startsWith("{"));
  return records.map((line) => line.replace(/,$/, "")).toSorted();
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, "utf8")).trimEnd().split("\n").toSorted();
}
