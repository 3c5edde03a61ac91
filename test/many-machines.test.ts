import { join } from "node:path";

import { expect, test } from "vitest";

import { openBrowser } from "./browser.ts";
import { everyFileIn } from "./every-file.ts";
import { manyMachines, type ManyMachines, type WorkerProcess } from "./many-machines.ts";
import { scratchFolder } from "./scratch.ts";
import { ADA, begin, expectAllOnce, inTheMiddle, look, pauseAfter, reaches, signInPath } from "./stage.ts";
import { until } from "./wait.ts";

const EVERYTHING = { attachments: true, formats: ["mbox", "ndjson"], batch_size: 100, include_spam_trash: true };

/**
 * Three exports of one mailbox, which two servers are asked for and which workers run: one that nobody disturbs; one whose
 * worker is killed; one that is paused and resumed through the servers in turn, and given back by a worker that is stopped.
 */
async function exportDisturbed(w: ManyMachines): Promise<void> {
  const [front, other] = [await w.server(), await w.server()];
  await signInAt(w.door); // begun on one, and ended on the other
  await front.says(/"route":"\/auth\/gmail"/);
  await other.says(/"route":"\/auth\/callback"/);

  let workers = [await w.worker(), await w.worker()];
  const workerOf = async (id: string): Promise<WorkerProcess> => {
    const { worker } = (await look(other, id)) as unknown as { worker: { id: string } };
    return workers.find((one) => one.id === worker.id)!;
  };
  const start = (name: string): Promise<string> => begin(front, { ...EVERYTHING, output_dir: w.directory(name) });

  await reaches(other, await start("whole"), "completed");
  const expected = await everyFileIn(w.directory("whole"));
  expect(Object.keys(expected).length).toBeGreaterThan(10);

  w.google.faults.add(pauseAfter(40));
  const killed = await start("killed");
  await inTheMiddle(other, killed);
  const victim = await workerOf(killed);
  await victim.stop("SIGKILL");
  workers = [workers.find((one) => one !== victim)!, await w.worker()];
  w.google.faults.clear();
  await reaches(front, killed, "completed");
  const heir = workers.find((one) => one.output().includes(`"export":"${killed}","worker":"${one.id}"`));
  expect(heir).toBeDefined();
  expect(await everyFileIn(w.directory("killed"))).toEqual(expected);

  w.google.faults.add(pauseAfter(40));
  const moved = await start("moved");
  await inTheMiddle(other, moved);
  expect((await other.post(`/exports/${moved}/pause`)).status).toBe(202);
  await reaches(front, moved, "paused");
  expect((await front.post(`/exports/${moved}/resume`)).status).toBe(202);
  const stopped = await until(async () => (await look(other, moved)).state === "running" && workerOf(moved));
  expect(await stopped.stop("SIGTERM")).toMatchObject({ code: 0 });
  w.google.faults.clear();
  await reaches(front, moved, "completed");
  expect(await everyFileIn(w.directory("moved"))).toEqual(expected);
}

async function signInAt(door: string): Promise<void> {
  const page = await openBrowser().visit(door + signInPath(ADA));
  expect(page.text).toContain("<h1>You are signed in</h1>");
}

const MAILBOX = { messages: 300, latencyMs: 10 };

test("any number of servers and workers on one PostgreSQL make each export as one uninterrupted process does, whoever is killed or stopped", async () => {
  await using w = await manyMachines(MAILBOX);
  await exportDisturbed(w);
});

test("on one machine a server without work and workers share STATE_DIR; what a worker gives back the next goes on with", async () => {
  await using shared = await scratchFolder();
  await using w = await manyMachines(
    { ...MAILBOX, messages: 120 },
    { DATABASE_URL: "", STATE_DIR: join(shared.path, "state"), TOKEN_DIR: join(shared.path, "tokens") },
  );
  const server = await w.server();
  await signInAt(w.door);
  w.google.faults.add(pauseAfter(20));
  const id = await begin(server, { output_dir: w.directory("one") });
  const first = await w.worker();
  await inTheMiddle(server, id);
  expect(await first.stop("SIGTERM")).toMatchObject({ code: 0 });
  expect(await look(server, id)).toMatchObject({ state: "queued" });
  w.google.faults.clear();
  const second = await w.worker();
  await reaches(server, id, "completed");
  await expectAllOnce(w, w.directory("one"));
  for (const worker of [first, second]) expect(worker.output()).toContain(`"export":"${id}","worker":"${worker.id}"`);
});
