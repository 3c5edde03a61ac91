import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { beforeAll, describe, expect, test } from "vitest";

import { scratchFolder } from "./scratch.ts";

const ROOT = join(import.meta.dirname, "..");
const run = promisify(execFile);
const read = async (name: string): Promise<string> => readFile(join(ROOT, name), "utf8");

type Locked = {
  version: string;
  integrity?: string;
  resolved?: string;
  license?: string;
  dev?: true;
  hasInstallScript?: true;
  dependencies?: Record<string, string>;
};
type Manifest = Record<"dependencies" | "devDependencies" | "optionalDependencies", Record<string, string>>;

/** Licences that ask for no more than their own text beside the copy. */
const LICENCES = new Set([
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "(MIT OR CC0-1.0)",
]);

let locked: [path: string, entry: Locked][];
let manifest: Manifest;

beforeAll(async () => {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(await read("package-lock.json"));
  locked = Object.entries(packages).filter(([path]) => path !== "");
  manifest = JSON.parse(await read("package.json"));
});

describe("what is installed", () => {
  test("is what the lock file names, byte by byte, from whichever registry", () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"))).toEqual([]);
    expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  test("runs nothing at install", async () => {
    const { allowScripts = {} }: { allowScripts?: Record<string, boolean> } = JSON.parse(await read("package.json"));
    const willing = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
    expect(willing.filter((path) => allowScripts[path.replace("node_modules/", "")] !== false)).toEqual([]);
  });

  test("is licensed so that it may be used and passed on", () => {
    const shipped = locked.filter(([, { dev }]) => !dev);
    expect(shipped.filter(([, { license }]) => !LICENCES.has(license ?? "none"))).toEqual([]);
  });

  test("was chosen: each direct dependency is exact and has its reason in docs/dependencies.md", async () => {
    const reasons = await read("docs/dependencies.md");
    const chosen = Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    });
    expect(chosen.filter(([name]) => !reasons.includes(`\`${name}\``))).toEqual([]);
    expect(chosen.filter(([, version]) => !/^\d+\.\d+\.\d+(-beta\.\d+)?$/.test(version))).toEqual([]);
  });
});

test("a bill of materials names every package, and which of them are shipped", async () => {
  const { stdout } = await run("npm", ["run", "--silent", "sbom"], { cwd: ROOT, maxBuffer: 64 << 20 });
  const { bomFormat, components }: { bomFormat: string; components: Component[] } = JSON.parse(stdout);
  expect(bomFormat).toBe("CycloneDX");
  const isForDevelopment = ({ properties = [] }: Component): boolean =>
    properties.some(({ name, value }) => name === "cdx:npm:package:development" && value === "true");
  const named = new Map(components.map((one) => [`${one.name}@${one.version}`, isForDevelopment(one)]));
  const at = (entries: Record<string, string>): (boolean | undefined)[] =>
    Object.entries(entries).map(([name, version]) => named.get(`${name}@${version}`));
  expect(new Set(at(manifest.dependencies))).toEqual(new Set([false]));
  const { ajv: _, "ajv-formats": __, yaml: ___, ...tools } = manifest.devDependencies; // these come with Fastify, too
  expect(new Set(at(tools))).toEqual(new Set([true]));
});

type Component = { name: string; version: string; properties?: { name: string; value: string }[] };

describe("what is published", () => {
  /** Builds the package and packs it; resolves with the archive's digest, and what is in it. */
  const pack = async (into: string): Promise<{ digest: string; files: string[] }> => {
    await run(process.execPath, ["scripts/build.ts"], { cwd: ROOT });
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", into], { cwd: join(ROOT, "dist") });
    const [{ filename, files }]: [{ filename: string; files: { path: string }[] }] = JSON.parse(stdout);
    const archive = await readFile(join(into, filename));
    return { digest: createHash("sha256").update(archive).digest("hex"), files: files.map(({ path }) => path) };
  };

  // Elsewhere than in `public/`, from where other tests are served meanwhile.
  test("has the console that building it again gives", async () => {
    await using folder = await scratchFolder();
    await run("vite", ["build", "--outDir", folder.path, "--emptyOutDir"], {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: "production" }, // the test runner's own makes another console
    });
    const names = (await readdir(folder.path, { recursive: true })).toSorted();
    expect((await readdir(join(ROOT, "public"), { recursive: true })).toSorted()).toEqual(names);
    for (const name of names.filter((one) => one.includes(".")))
      expect(await readFile(join(folder.path, name)), name).toEqual(await readFile(join(ROOT, "public", name)));
  });

  test("comes out the same at every build, holds no tests and no tools, and works", async () => {
    await using folder = await scratchFolder();
    const first = await pack(folder.path);
    const { digest, files } = await pack(folder.path);
    expect(digest).toBe(first.digest);
    const published: { name: string } & Partial<Manifest> = JSON.parse(await read("dist/package.json"));
    expect(Object.keys(published)).not.toContain("devDependencies");
    expect(published.optionalDependencies).toEqual({
      "@napi-rs/keyring": manifest.optionalDependencies["@napi-rs/keyring"],
    });
    expect(files.filter((path) => /test|testing|\.tsx?$/.test(path.replace(/\.d\.ts$/, "")))).toEqual([]);
    expect(files).toContain("public/index.html");
    expect(files).toContain("npm-shrinkwrap.json");
    const shrinkwrap: { packages: Record<string, Locked> } = JSON.parse(await read("dist/npm-shrinkwrap.json"));
    const lockFile: { packages: Record<string, Locked> } = JSON.parse(await read("package-lock.json"));
    const { "": own, ...packages } = shrinkwrap.packages;
    expect(own?.dependencies).toEqual(published.dependencies);
    const wanted = Object.entries(lockFile.packages).filter(
      ([path, { dev }]) => path !== "" && dev !== true && !path.startsWith("node_modules/node-linux-"),
    );
    expect(packages).toEqual(Object.fromEntries(wanted));
    for (const name of Object.keys(published.dependencies ?? {}))
      expect(packages).toHaveProperty([`node_modules/${name}`]);
    for (const [path, { integrity }] of Object.entries(packages)) expect(integrity, path).toMatch(/^sha512-/);
    const bin = join(ROOT, "dist", "bin", "gmail-export.js");
    const demo = await run(process.execPath, [bin, "demo", "--messages", "40"], { cwd: folder.path });
    expect(demo.stdout + demo.stderr).toContain("40 messages");
  });
});
