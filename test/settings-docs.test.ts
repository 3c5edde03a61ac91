import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { readSettings, type Env } from "../src/config.ts";
import { scratchFolder } from "./scratch.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

/** Settings of Node (colours are its matter too) and of glibc. */
const NOT_OURS =
  /^(LC_[A-Z]+|(HTTPS?|NO)_PROXY|NODE_[A-Z_]+|NO_COLOR|FORCE_COLOR|MALLOC_TRIM_THRESHOLD_|XDG_CACHE_HOME)$/;

/** The settings that the program reads: each name that it asks the environment for. */
function settings(): string[] {
  const asked = new Set<string>();
  const env = new Proxy<Env>(
    {},
    {
      get(_, name) {
        asked.add(String(name));
        return undefined;
      },
    },
  );
  readSettings(env, "/");
  return [...asked].filter((name) => !NOT_OURS.test(name)).toSorted();
}

/** Names set in an environment file, those that are commented out too. */
const namesIn = (text: string): string[] =>
  [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!).toSorted();

test(".env.example has every setting, once, and no other", async () => {
  expect(namesIn(await read(".env.example"))).toEqual(settings());
});

test("no page names a setting that there is not", async () => {
  const known = settings();
  for (const file of (await readdir(join(root, "docs"), { recursive: true })).filter((name) => name.endsWith(".md"))) {
    if (file === "gmail-api.md") continue;
    const text = (await read(join("docs", file))).replace(/^```[\s\S]*?^```/gm, "");
    for (const [, name] of text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b[^`]*`/g))
      if (!NOT_OURS.test(name!)) expect(known, `${file} names ${name}`).toContain(name);
  }
});

test("the service's settings are settings, and with a key filled in they can be used", async () => {
  const text = await read("docs/operations/gmail-export.env");
  const given = Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  expect(settings()).toEqual(expect.arrayContaining(Object.keys(given)));
  const key = Buffer.alloc(32, 7).toString("base64");
  const { config, problems } = readSettings(
    { ...given, API_KEY: key, TOKEN_ENCRYPTION_KEY: key },
    "/var/lib/gmail-export",
  );
  expect(problems).toEqual([]);
  expect(config).toMatchObject({ host: "127.0.0.1", exportDir: "/var/lib/gmail-export/data" });
});

test("the service and the proxies agree on where the server is and what it is called", async () => {
  const { config } = readSettings({ PORT: "8000" }, "/");
  const [unit, env, caddy, nginx] = await Promise.all(
    ["gmail-export.service", "gmail-export.env", "Caddyfile", "nginx.conf"].map((name) =>
      read(`docs/operations/${name}`),
    ),
  );
  const { hostname } = new URL(/^OAUTH_REDIRECT_URI=(.*)$/m.exec(env!)![1]!);
  for (const proxy of [caddy!, nginx!]) {
    expect(proxy).toContain(hostname);
    expect(proxy).toContain(`${config.host}:${config.port}`);
  }
  expect(nginx).toMatch(/proxy_buffering off;/);
  expect(unit).toContain(`EnvironmentFile=/etc/gmail-export/env`);
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit!)![1])).toBeGreaterThanOrEqual(30);
});

const systemd = spawnSync("systemd-analyze", ["--version"]);

if (systemd.status === 0) test("systemd takes the service", expectSystemdTakesIt);
else
  test("without systemd here, the service is read by its grammar alone: sections, and settings with values", async () => {
    expect(systemd.error).toMatchObject({ code: "ENOENT" });
    const lines = (await read("docs/operations/gmail-export.service")).split("\n");
    for (const line of lines) expect(line).toMatch(/^(|[#;].*|\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*)$/);
    expect(lines).toContain("[Service]");
  });

async function expectSystemdTakesIt(): Promise<void> {
  await using folder = await scratchFolder();
  const unit = (await read("docs/operations/gmail-export.service")).replace(
    /^ExecStart=\S+/m,
    `ExecStart=${process.execPath}`,
  );
  const path = join(folder.path, "gmail-export.service");
  await writeFile(path, unit);
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
}
