import { readdir, readFile, readlink } from "node:fs/promises";

/** A process: its number, and its command line. */
export type Found = Readonly<{ pid: number; line: string }>;

/**
 * Processes that work in this folder, name it in their command line or have it in their environment; this one and its own
 * children apart, which are the test runner's. On systems without /proc there is no way to tell, and none are found.
 */
export async function processesOf(folder: string): Promise<Found[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => ({ pid, parent: await parentOf(pid), traces: await tracesOf(pid) })),
  );
  return found
    .filter(({ pid, parent }) => pid !== process.pid && parent !== process.pid)
    .filter(({ traces }) => traces.some((trace) => trace.includes(folder)))
    .map(({ pid, traces }) => ({ pid, line: traces[0] }));
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
}

/** Command line, working directory and environment; empty where the process has ended or is another user's. */
async function tracesOf(pid: number): Promise<[line: string, cwd: string, environment: string]> {
  const read = (name: string): Promise<string> =>
    readFile(`/proc/${pid}/${name}`, "utf8").then(
      (text) => text.replaceAll("\0", " ").trim(),
      () => "",
    );
  return [await read("cmdline"), await readlink(`/proc/${pid}/cwd`).catch(() => ""), await read("environ")];
}
