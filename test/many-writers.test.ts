import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { newDatabase } from "./postgres.ts";
import { seededRandom } from "./random.ts";
import { scratchFolder } from "./scratch.ts";
import { tcpProxy } from "./tcp-proxy.ts";
import { until } from "./wait.ts";
import { writeExport, type WriterTask } from "./writer-process.ts";

const MESSAGES = 60;

/** Short, so that a place is another's soon. Who is slow on a busy machine loses it for that, and another process goes on. */
const TIMES = { lease: 1_500, margin: 500, renew: 150, answer: 500, look: 50 };

type Writer = AsyncDisposable & Readonly<{ child: ChildProcess; lines: readonly string[] }>;

function startWriter(task: WriterTask): Writer {
  const program = join(import.meta.dirname, "writer-process.ts");
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  const closed = once(child, "close");
  return {
    child,
    lines,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** Each file below a folder, by its path there. */
async function filesBelow(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const contents = files.map(async (path) => [relative(folder, path), await readFile(path, "latin1")] as const);
  return Object.fromEntries(await Promise.all(contents));
}

/** What an export is, whoever made it: without what is gmail-export's own, and without times. */
function exportIn(files: Readonly<Record<string, string>>): Record<string, unknown> {
  const { export_date, duration_seconds, changes, ...manifest } = JSON.parse(files["manifest.json"]!);
  expect([typeof export_date, typeof duration_seconds, changes.bytes]).toEqual([
    "string",
    "number",
    expect.any(Number),
  ]);
  const told = files["changes.ndjson"]!.replaceAll(/"at":"[^"]*"/g, "");
  const named = Object.entries(files).filter(([name]) => !name.startsWith("."));
  return { ...Object.fromEntries(named), "manifest.json": manifest, "changes.ndjson": told };
}

const hasEnded = ({ child }: Writer): boolean => child.exitCode !== null || child.signalCode !== null;

test("processes that are killed, frozen and woken, or cut off from the database make together what one makes alone", async () => {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchFolder());
  const database = await newDatabase();
  const through = new URL(database);
  const proxy = stack.use(await tcpProxy(through.hostname, Number(through.port)));
  through.port = String(proxy.port);
  const random = seededRandom(20_261_128);
  const task = { database, directory: join(scratch.path, "together"), messages: MESSAGES, times: TIMES };
  await writeExport({ ...task, directory: join(scratch.path, "alone") }, () => {});

  /** A process that has the directory, and is at a random moment behind some messages more. */
  const writerAtWork = async (changes: Partial<WriterTask> = {}): Promise<Writer> => {
    for (;;) {
      const most = 4 + Math.floor(random() * 6);
      const writer = stack.use(startWriter({ ...task, most, ...changes }));
      const isAtWork = (): boolean => writer.lines.filter((line) => line.startsWith("wrote")).length >= most - 2;
      await until((note) => note(isAtWork() || hasEnded(writer)));
      if (!hasEnded(writer)) {
        await sleep(random() * 20);
        return writer;
      }
      expect(writer.lines).toContain("lost it");
    }
  };
  const wake = async (writer: Writer): Promise<void> => {
    writer.child.kill("SIGCONT");
    await until(() => hasEnded(writer));
    expect(writer.lines.slice(-1)).toEqual(["lost it"]);
  };

  (await writerAtWork()).child.kill("SIGKILL");

  const frozen = await writerAtWork();
  frozen.child.kill("SIGSTOP");
  const cutOff = await writerAtWork({ database: through.href });
  await wake(frozen); // while the other writes

  proxy.freeze();
  await until(() => hasEnded(cutOff));
  expect(cutOff.lines.slice(-1)).toEqual(["lost it"]);

  const late = await writerAtWork();
  late.child.kill("SIGSTOP");
  for (let last = startWriter(task); ; last = startWriter(task)) {
    stack.use(last);
    await until(() => hasEnded(last));
    if (last.lines.at(-1) === "committed") break;
    expect(last.lines).toContain("lost it");
  }
  const made = await filesBelow(task.directory);
  const expected = exportIn(await filesBelow(join(scratch.path, "alone")));
  expect(Object.keys(expected).length).toBeGreaterThan(MESSAGES);
  expect(exportIn(made)).toEqual(expected);
  expect(Object.keys(made).filter((name) => name.startsWith("."))).toEqual([".batches", ".place"]);

  await wake(late); // when all is done
  expect(await filesBelow(task.directory)).toEqual(made);
});
