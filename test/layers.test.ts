import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { factsOf, type ModuleFacts } from "./module-facts.ts";
import { powersOf, type Power } from "./powers.ts";

const root = join(import.meta.dirname, "..");

/** Who may import whom: one room of the house, another. A source, storage or state store knows no other; `main.ts` alone knows them all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  formats: ["core"],
  pipeline: ["core", "formats"],
  threads: ["core"],
  sources: ["core", "formats", "threads"],
  storage: ["core", "formats"],
  state: ["core", "formats"],
  google: ["core", "formats"],
  search: ["core", "formats", "threads"],
  doctor: ["core"],
  surfaces: ["core", "formats", "pipeline", "doctor", "threads"],
  simulator: [],
};

/** `src/sources/gmail-api/calls/client.ts` is in `sources`; `src/config.ts`, in no room, is in `root`. */
function layerOf(path: string): string {
  const [top, second, third] = path.split("/");
  if (top === "simulator") return "simulator";
  return top !== "src" || second === undefined || third === undefined ? "root" : second;
}

type Module = Readonly<{ file: string; facts: ModuleFacts }>;

/** The program's own modules below a folder, tests and what only they use apart, each with what it takes from outside. */
function modulesIn(folder: string): Promise<readonly Module[]> {
  const found = read.get(folder) ?? readModules(folder);
  read.set(folder, found);
  return found;
}

/** By folder: reading them all takes seconds. */
const read = new Map<string, Promise<readonly Module[]>>();

async function readModules(folder: string): Promise<readonly Module[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  const files = names.map((name) => join(folder, name)).filter((file) => /\.tsx?$/.test(file) && !isOfTests(file));
  return Promise.all(
    files.map(async (file) => ({ file, facts: factsOf(file, await readFile(join(root, file), "utf8")) })),
  );
}

const isOfTests = (file: string): boolean => /\.test\.ts$|testing\.ts$/.test(file);

async function importsIn(folder: string): Promise<{ file: string; imported: string }[]> {
  return (await modulesIn(folder)).flatMap(({ file, facts }) =>
    facts.imports
      .filter(({ from }) => from.startsWith("."))
      .map(({ from }) => ({ file, imported: relative(root, join(root, dirname(file), from)) })),
  );
}

test("every import points down the layers", async () => {
  const imports = [...(await importsIn("src")), ...(await importsIn("simulator"))];
  expect(imports.length).toBeGreaterThan(100);
  const wrong = imports.filter(({ file, imported }) => {
    const [from, to] = [layerOf(file), layerOf(imported)];
    return from !== "root" && from !== to && !MAY_IMPORT[from]?.includes(to);
  });
  expect(wrong).toEqual([]);
});

test("only main.ts knows every room", async () => {
  const outsiders = (await importsIn("src")).filter(
    ({ file, imported }) =>
      layerOf(file) === "root" &&
      file !== "src/main.ts" &&
      /sources|storage|state|google|search|surfaces/.test(imported),
  );
  expect(outsiders).toEqual([]);
});

/**
 * What each room may do for itself; the longest folder that fits counts. Everything else comes to it as an argument, so
 * that it can be tried on any clock, network and disk.
 */
const MAY: Readonly<Record<string, readonly Power[]>> = {
  "src/core": [],
  "src/formats": [],
  "src/pipeline": [],
  "src/sources": ["network"],
  "src/storage": ["disk"],
  "src/storage/s3": ["network"],
  "src/state": ["disk", "secrets"],
  "src/state/postgres": ["network", "secrets"],
  "src/google": ["network", "secrets"],
  "src/search": ["disk"],
  "src/doctor": [],
  "src/doctor/machine": ["disk", "network", "process", "time"], // it looks at this very machine
  "src/surfaces": [],
  "src/threads": ["process"], // it starts threads
};

/** Single files that may do more, and why. */
const MAY_TOO: Readonly<Record<string, readonly [powers: readonly Power[], why: string]>> = {
  "src/google/credentials.ts": [["disk"], "reads the client file"],
  "src/google/store-credentials.ts": [["disk"], "writes the client file"],
  "src/pipeline/unattended/cron.ts": [["time"], "reads cron expressions; the moments it looks from are given"],
  "src/state/embedded/database-thread.ts": [["process"], "a thread of its own for the list of exports"],
  "src/storage/folder/place-id.ts": [["secrets"], "what a folder is called among machines"],
  "src/storage/folder/private-files.ts": [["secrets"], "a new file's name that nobody can guess"],
  "src/surfaces/cli/commands/demo.ts": [
    ["disk", "network", "process"],
    "a folder, and a stand-in for Google, to try everything",
  ],
  "src/surfaces/cli/commands/key.ts": [["secrets"], "makes a key"],
  "src/surfaces/cli/commands/login.ts": [["network"], "listens for Google's redirect (RFC 8252 §7.3)"],
  "src/surfaces/cli/terminal/terminal.ts": [["process"], "is the terminal"],
  "src/surfaces/http/access/session.ts": [["secrets"], "makes a session's id"],
  "src/surfaces/http/console-routes.ts": [["disk"], "the console's own files"],
  "src/surfaces/http/contract/request-id.ts": [["secrets"], "an id nobody can guess"],
  "src/surfaces/http/listen.ts": [["network"], "listens"],
  "src/surfaces/notify/post-notice.ts": [["network"], "posts alarms"],
};

/** A page has the browser's own clock and network, and nothing of Node's. */
const CONSOLE = "src/surfaces/console/";

function mayUse(file: string): ReadonlySet<Power> {
  const rooms = Object.keys(MAY).filter((folder) => file.startsWith(`${folder}/`));
  const room = rooms.toSorted((a, b) => b.length - a.length)[0]!;
  return new Set([...MAY[room]!, ...(MAY_TOO[file]?.[0] ?? [])]);
}

test("time, chance, network, disk and process come as arguments: no room takes for itself what is not its own", async () => {
  const modules = (await modulesIn("src")).filter(({ file }) => layerOf(file) !== "root" && !file.startsWith(CONSOLE));
  expect(modules.length).toBeGreaterThan(100);
  const taken = modules.flatMap(({ file, facts }) =>
    powersOf(facts)
      .filter(({ power }) => !mayUse(file).has(power))
      .map(({ power, through }) => `${file}: ${power}, through ${through}`),
  );
  expect(taken).toEqual([]);
});

test("what single files may do too, they do", async () => {
  const doing = new Map((await modulesIn("src")).map(({ file, facts }) => [file, powersOf(facts)]));
  const unused = Object.entries(MAY_TOO).flatMap(([file, [powers]]) =>
    powers.filter((power) => !doing.get(file)?.some((one) => one.power === power)).map((power) => `${file}: ${power}`),
  );
  expect(unused).toEqual([]);
});

test("the console takes nothing of Node's", async () => {
  const imports = (await modulesIn(CONSOLE)).flatMap(({ facts }) => facts.imports);
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.filter(({ from, onlyTypes }) => !onlyTypes && from.startsWith("node:"))).toEqual([]);
});

test.each<[string, Power[]]>([
  ["Date.now()", ["time"]],
  ["new Date()", ["time"]],
  ["new Date", ["time"]],
  ["const { now } = Date; now()", ["time"]],
  ['Date["now"]()', ["time"]],
  ["AbortSignal.timeout(1_000)", ["time"]],
  ["performance.now()", ["time"]],
  ["setTimeout(() => {}, 1)", ["time"]],
  ['import { setTimeout as pause } from "node:timers/promises"; pause(1)', ["time"]],
  ["Math.random()", ["chance"]],
  ["const { random } = Math", ["chance"]],
  ['import { randomInt } from "node:crypto"; randomInt(3)', ["chance"]],
  ['import * as crypto from "node:crypto"; crypto.randomInt(3)', ["chance"]],
  ['import { randomBytes } from "node:crypto"', ["secrets"]],
  ["crypto.randomUUID()", ["secrets"]],
  ["fetch(url)", ["network", "unknown"]],
  ['import { fetch } from "undici"; fetch("https://example.com/")', ["network"]],
  ['import { connect as open } from "node:net"', ["network"]],
  ["globalThis.fetch", ["process"]],
  ['(await import("node:fs")).readFileSync("x")', ["disk"]],
  ['export * from "node:fs/promises"', ["disk"]],
  ['export { readFile as read } from "node:fs/promises"', ["disk"]],
  ['import "node:sqlite"', ["disk"]],
  ["process.env.HOME", ["process"]],
  ["await import(name + '.js')", ["unknown", "unknown"]],
  ['import axios from "axios"', ["unknown"]],
  ["function look(fetch: Look, setTimeout: () => number) { return fetch(setTimeout()); }", []],
  ["new Date(0).toISOString() + Date.UTC(2026) + Math.max(1, 2) + isNaN(3)", []],
  ['import type { Server } from "node:http"; import { type Socket, isIP } from "node:net"; isIP("::1")', []],
  ['import { setImmediate as turn } from "node:timers/promises"; turn()', []],
  ["const { a: fetch } = b.fetch; ({ fetch, Date: 1 }).Date as typeof Date", ["unknown"]],
])("of %j it is known what it takes", (text, expected) => {
  expect(
    powersOf(factsOf("module.ts", text))
      .map(({ power }) => power)
      .toSorted(),
  ).toEqual(expected);
});

/** Refuses everything ambient, and every module that is not pure, to the modules of `rooms` and what they import. */
const STRIPPED = `
  import { registerHooks, builtinModules } from "node:module";
  import { pathToFileURL } from "node:url";
  const [pure, ...modules] = JSON.parse(process.argv[1]);
  const seen = [];
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (found.url.startsWith("node:") && !context.parentURL.includes("/node_modules/")) seen.push(found.url);
      return found;
    },
  });
  const refuse = (name) => () => { throw new Error("took " + name); };
  const wholeDate = Date;
  globalThis.Date = class extends wholeDate { constructor(...given) { if (given.length === 0) throw new Error("took the time"); super(...given); } };
  globalThis.Date.now = refuse("Date.now");
  Math.random = refuse("Math.random");
  AbortSignal.timeout = refuse("AbortSignal.timeout");
  for (const name of ["fetch", "setTimeout", "setInterval", "WebSocket", "EventSource"]) globalThis[name] = refuse(name);
  crypto.randomUUID = crypto.getRandomValues = refuse("crypto");
  for (const module of modules) await import(pathToFileURL(module).href);
  console.log(JSON.stringify(seen.filter((name) => !pure.includes(name))));`;

test("core and formats are loaded without a clock, chance, network or disk", async () => {
  const modules = [...(await modulesIn("src/core")), ...(await modulesIn("src/formats"))].map(({ file }) =>
    join(root, file),
  );
  expect(modules.length).toBeGreaterThan(20);
  const pure = [
    "node:buffer",
    "node:crypto",
    "node:path",
    "node:stream",
    "node:string_decoder",
    "node:url",
    "node:util",
    "node:zlib",
  ];
  const given = JSON.stringify([pure, ...modules]);
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", STRIPPED, given]);
  expect(JSON.parse(stdout)).toEqual([]);
});
