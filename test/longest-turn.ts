import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Settings } from "./product.ts";

/** In time of the processor: what else a machine does is no concern of the server's. */
const PROBE = `
  import { writeFileSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  const cpu = () => (({ user, system }) => (user + system) / 1000)(process.threadCpuUsage());
  let most = 0, last = cpu();
  if (isMainThread) setInterval(() => {
    const now = cpu();
    if (now - last > most) writeFileSync("longest-turn", String(most = now - last));
    last = now;
  }, 1).unref();`;

/** Settings with which a server that runs in this folder measures its event loop. */
export async function measureTurns(folder: string): Promise<Settings> {
  await writeFile(join(folder, "probe.mjs"), PROBE);
  return { NODE_OPTIONS: "--import=./probe.mjs" };
}

/** The longest that the event loop of that server was busy at one go, in milliseconds of processor time. */
export async function longestTurnMs(folder: string): Promise<number> {
  return Number(await readFile(join(folder, "longest-turn"), "utf8"));
}
