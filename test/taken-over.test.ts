import { readdir } from "node:fs/promises";

import { expect, test } from "vitest";

import { openBrowser } from "./browser.ts";
import { everyFileIn } from "./every-file.ts";
import { manyMachines, type WorkerProcess } from "./many-machines.ts";
import { ADA, begin, inTheMiddle, look, pauseAfter, reaches, signInPath } from "./stage.ts";
import { tcpProxy } from "./tcp-proxy.ts";
import { until } from "./wait.ts";

const EVERYTHING = { attachments: true, formats: ["mbox", "ndjson"], batch_size: 50, include_spam_trash: true };

test("a worker that is frozen in an export, or cut off from the database, is followed by another, and changes nothing of what that makes when it wakes up", async () => {
  await using w = await manyMachines({ messages: 150, latencyMs: 10 });
  const through = new URL(w.database);
  await using proxy = await tcpProxy(through.hostname, Number(through.port));
  through.port = String(proxy.port);
  const server = await w.server();
  await openBrowser().visit(server.url + signInPath(ADA));
  const frozen = await w.worker();
  const start = (name: string): Promise<string> => begin(server, { ...EVERYTHING, output_dir: w.directory(name) });
  await reaches(server, await start("alone"), "completed");
  const expected = await everyFileIn(w.directory("alone"));

  w.google.faults.add(pauseAfter(40));
  const id = await start("taken-over");
  await inTheMiddle(server, id);
  const workerOf = async () => ((await look(server, id)) as unknown as { worker: { id: string } }).worker?.id;
  expect(await workerOf()).toBe(frozen.id);
  process.kill(frozen.pid, "SIGSTOP");
  const cutOff = await w.worker({ DATABASE_URL: through.href });
  await until(async () => (await workerOf()) === cutOff.id);
  const stops = ({ output }: WorkerProcess): number =>
    output()
      .split("\n")
      .filter((line) => line.includes("export stopped") && line.includes(id)).length;
  process.kill(frozen.pid, "SIGCONT");
  await until(() => stops(frozen) === 1);

  proxy.freeze();
  await until(async () => (await workerOf()) === frozen.id);
  w.google.faults.clear();
  await reaches(server, id, "completed");
  const made = await everyFileIn(w.directory("taken-over"));
  expect(made).toEqual(expected);
  await until(() => stops(cutOff) === 1);
  proxy.open();
  expect(await everyFileIn(w.directory("taken-over"))).toEqual(made);
  expect((await readdir(w.directory("taken-over"))).filter((name) => name.startsWith(".writing"))).toEqual([]);
  expect((await look(server, id)).state).toBe("completed");
});
