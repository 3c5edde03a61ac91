import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { writeCredentials } from "../simulator/stage.ts";
import { freePort } from "./free-port.ts";
import { logProcess } from "./process-log.ts";
import { scratchFolder } from "./scratch.ts";
import { givenBy, secretsIn, type Given } from "./told.ts";
import { neverHappened, PATIENCE_MS, within } from "./wait.ts";

export const BIN = join(import.meta.dirname, "..", "bin", "gmail-export.js");

/** One for all tests: compiled code is the same for everybody. */
const CACHE = join(import.meta.dirname, "..", "node_modules", ".cache");

/** What still runs then was forgotten: longer than any test may take (vitest.config.ts). */
const LIFETIME_MS = 1_800_000;

/**
 * A Google to talk to: where Gmail is, and what credentials.json holds (left out: there is no such file). Of a simulated
 * one it is known what it gave out: nothing of that may be on the stderr of any process.
 */
export type Google = Readonly<{ url: string; credentials?: object; key?: object }> & Partial<Given>;

export type Settings = Readonly<Record<string, string>>;

export type Outcome = Readonly<{ code: number | null; stdout: string; stderr: string }>;

/** A command that runs. */
export type Running = Readonly<{
  /** What it has written to stderr so far. */
  output(): string;
  /** Resolves with the match once stderr has it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  type(typed: string): void;
  /** Ends its stdin. */
  hangUp(): void;
  /** As a terminal or a service manager would; resolves with how it ended. */
  stop(signal: NodeJS.Signals): Promise<Outcome>;
  ended: Promise<Outcome>;
}>;

export type Server = AsyncDisposable & Running & Readonly<{ url: string }>;

export type Product = AsyncDisposable &
  Readonly<{
    /** Working directory of every command; tokens, state and data are in it, as nothing else is set. */
    folder: string;
    /** The origin of the redirect URI. */
    origin: string;
    /** What its commands have in their environment. */
    env: Settings;
    start(args: readonly string[], more?: Settings): Running;
    /** Runs a command to its end, with nothing on its stdin. */
    cli(args: readonly string[], more?: Settings): Promise<Outcome>;
    /** The server, once it listens. */
    serve(more?: Settings): Promise<Server>;
  }>;

/** gmail-export as a person has it: a folder, settings, and the program as a process of its own. */
export async function install(
  google: Google,
  settings: Settings = {},
  before: readonly string[] = [], // the command, such as what takes root's rights from it
): Promise<Product> {
  const folder = await scratchFolder();
  const port = settings["PORT"] ?? String(await freePort());
  if (google.credentials) await writeCredentials(google.credentials, folder.path);
  // Nothing of this machine's own settings: only what a test says.
  const env: Settings = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder.path,
    XDG_CACHE_HOME: CACHE,
    BROWSER: "true", // the command: no test opens the browser of whoever runs it
    GMAIL_API_URL: google.url,
    GMAIL_UNITS_PER_MINUTE: "1000000000",
    GMAIL_PROJECT_UNITS_PER_MINUTE: "1000000000",
    ...settings,
    PORT: port,
  };
  const alive = new Set<Running>();
  const all: Running[] = [];
  const start: Product["start"] = (args, more = {}) => {
    const running = run([...before, process.execPath, BIN], args, folder.path, { ...env, ...more });
    alive.add(running);
    all.push(running);
    void running.ended.finally(() => alive.delete(running));
    return running;
  };
  return {
    folder: folder.path,
    origin: `http://localhost:${port}`,
    env,
    start,
    async cli(args, more = {}) {
      const running = start(args, more);
      running.hangUp();
      const outcome = await within(running.ended);
      return outcome ?? running.stop("SIGKILL");
    },
    async serve(more = {}) {
      const server = start(["serve"], more);
      const [, url] = await server.says(/listens on (\S+)/);
      return {
        ...server,
        url: url!,
        async [Symbol.asyncDispose]() {
          if (!alive.has(server)) return; // the test has stopped it
          const { code, stderr } = await server.stop("SIGTERM");
          if (code !== 0) throw new Error(`the server ended with ${code}:\n${stderr}`);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      const left = [...alive];
      await Promise.all(left.map((running) => running.stop("SIGKILL")));
      await folder[Symbol.asyncDispose]();
      if (left.length > 0)
        throw new Error(`a command was left running:\n${left.map((one) => one.output()).join("\n")}`);
      const output = all.map((one) => one.output()).join("\n");
      const told = secretsIn(output, givenBy(google, env));
      if (told.length > 0) throw new Error(`this must not be on stderr: ${told.join(", ")}\n${output}`);
    },
  };
}

function run(program: readonly string[], args: readonly string[], cwd: string, env: Settings): Running {
  const [file, ...before] = program;
  const child = spawn(file!, [...before, ...args], { cwd, env, timeout: LIFETIME_MS, killSignal: "SIGKILL" });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("close", () => process.off("exit", kill));
  let output = "";
  logProcess({
    name: args.join(" "),
    output: () => output,
    isOver: () => child.exitCode !== null || child.signalCode !== null,
  });
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    tell();
  });
  child.stdin.on("error", () => {}); // it ended before it read all
  const ended = Promise.all([once(child, "close"), text(child.stdout)]).then(([, stdout]): Outcome => {
    const outcome = { code: child.exitCode, stdout, stderr: output };
    tell();
    return outcome;
  });
  return {
    output: () => output,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void): void => {
          clearTimeout(limit);
          listeners.delete(look);
          settle();
        };
        const never = (why: string) => (): void =>
          end(() =>
            reject(new Error(neverHappened(`${args.join(" ")} ${why} without saying ${pattern.source}`, output))),
          );
        const look = (): void => {
          const match = pattern.exec(output);
          if (match) end(() => resolve(match));
          else if (child.exitCode !== null || child.signalCode !== null) never("ended")();
        };
        const limit = setTimeout(never("waited"), PATIENCE_MS);
        listeners.add(look);
        look();
      }),
    type: (typed) => void child.stdin.write(typed),
    hangUp: () => void child.stdin.end(),
    async stop(signal) {
      child.kill(signal);
      const outcome = await within(ended);
      if (!outcome) kill();
      return outcome ?? ended;
    },
    ended,
  };
}
