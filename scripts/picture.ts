import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

import { freePort } from "../simulator/stage.ts";
import { unpackedChromium } from "../test/run/unpacked-chromium.ts";

/*
 * Takes the README's two pictures (docs/console-light.png, docs/console-dark.png): the console of a real server that
 * follows an export of the simulated mailbox. Run it anew when the page changes: npm run picture.
 */

const root = join(import.meta.dirname, "..");
const ACCOUNT = "ada@example.com";
const LARGEST_BYTES = 100_000;

const folder = await mkdtemp(join(tmpdir(), "gmail-export-picture-"));
const stop = new AbortController();

/** Starts one of our programs; resolves with its first line that matches. */
async function start(script: string, args: readonly string[], pattern: RegExp, env = {}): Promise<string> {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    signal: stop.signal,
  });
  child.on("error", () => {}); // ended below
  for (const stream of [child.stdout, child.stderr]) {
    const lines = createInterface(stream);
    lines.on("line", (line) => {
      const found = pattern.exec(line);
      if (found) child.emit("told", found[1]);
    });
  }
  const [told]: unknown[] = await once(child, "told");
  return String(told);
}

const credentials = join(folder, "credentials.json");
const google = await start(
  "simulator/main.ts",
  ["--messages", "26000", "--per-thread", "3", "--latency-ms", "250", "--credentials", credentials],
  /"url":"([^"]+)"/,
);
const server = await start("bin/gmail-export.js", ["serve"], /listens on (\S+)/, {
  GMAIL_API_URL: google,
  GOOGLE_CREDENTIALS_PATH: credentials,
  GMAIL_UNITS_PER_MINUTE: "15000",
  PORT: String(await freePort()),
});

const { executablePath, libraries } = await unpackedChromium();
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox"],
  env: { ...process.env, LD_LIBRARY_PATH: libraries },
});
const context = await browser.newContext({ locale: "en-US", viewport: { width: 960, height: 820 } });
const page = await context.newPage();
await page.goto(`${server.replace("127.0.0.1", "localhost")}/auth/gmail?email=${ACCOUNT}&return=console`);
await page.goto(`${new URL(page.url()).origin}/#/new`);
await page.getByRole("button", { name: "Start export" }).click();
await page.getByText("Messages a minute").first().waitFor();
await page.getByText("Time left").waitFor({ timeout: 240_000 });
await page.waitForTimeout(25_000); // for the curve to have something to show
for (const colorScheme of ["light", "dark"] as const) {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.waitForTimeout(500);
  const path = join(root, "docs", `console-${colorScheme}.png`);
  await page.screenshot({ path });
  const { size } = await stat(path);
  if (size > LARGEST_BYTES) throw new Error(`${path} has ${size} bytes`);
  process.stdout.write(`${path}: ${size} bytes\n`);
}
await browser.close();
stop.abort();
await rm(folder, { recursive: true, force: true });
