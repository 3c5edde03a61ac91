import { connect } from "node:net";
import { join } from "node:path";

import { fastify } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { expect, test } from "vitest";

import { manualClock, type ManualClock } from "../../../../test/manual-clock.ts";
import { scratchFolder } from "../../../../test/scratch.ts";
import { until } from "../../../../test/wait.ts";
import { NO_PROGRESS, type Progress } from "../../../core/export/job.ts";
import { EVERYTHING } from "../../../core/mail/filter.ts";
import type { JobQueue, Lease } from "../../../core/ports/job-queue.ts";
import { embeddedJobQueue } from "../../../state/embedded/job-queue.ts";
import { eventRoutes } from "./event-routes.ts";

const fetched = (exported: number): Progress => ({ ...NO_PROGRESS, stage: "fetching", listed: 100, exported });

type Told = Readonly<{ id: string; state: string; exported: number }>;

/** What a client has read so far. */
type Listener = Readonly<{
  response: Response;
  text(): string;
  told(): readonly Told[];
  ended(): boolean;
  leave(): void;
}>;

type Stage = AsyncDisposable &
  Readonly<{
    clock: ManualClock;
    queue: JobQueue;
    /** An export that runs; its lease. */
    lease: Lease;
    url: string;
    listen(headers?: Record<string, string>): Promise<Listener>;
    close(): Promise<void>;
  }>;

/** The call alone, on a clock that stands still, over the real queue. */
async function stage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratchFolder());
  const clock = manualClock();
  const queue = embeddedJobQueue(join(folder.path, "state"), clock);
  stack.defer(() => queue.close());
  const { id } = await queue.add({
    account: "ada@example.com",
    directory: "/data/\r\n\nevent: forged\u2028",
    maxEmails: null,
    batchSize: 5_000,
    filter: { ...EVERYTHING, query: "a\rb\nc\n\nid: 7\n\n" },
  });
  const lease = (await queue.take())!;
  const app = fastify({ forceCloseConnections: true });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const silent = { debug() {}, info() {}, warn() {}, error: (event: string) => expect.fail(event) };
  await app.register(eventRoutes({ queue, clock, log: silent }));
  const url = `${await app.listen({ host: "127.0.0.1", port: 0 })}/exports/${id}/events`;
  stack.defer(() => app.close());
  const ours = stack.move();
  return {
    clock,
    queue,
    lease,
    url,
    listen: (headers = {}) => listenTo(url, headers),
    close: () => app.close(),
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}

async function listenTo(url: string, headers: Record<string, string>): Promise<Listener> {
  const gone = new AbortController();
  const response = await fetch(url, { headers, signal: gone.signal });
  let text = "";
  let ended = false;
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  };
  void read()
    .catch(() => {})
    .finally(() => (ended = true));
  return {
    response,
    text: () => text,
    told: () =>
      [...text.matchAll(/^id: (.+)\nevent: export\ndata: ([^\n]+)\n\n/gm)].map(([, id, data]) => {
        const { state, progress } = JSON.parse(data!) as { state: string; progress: Progress };
        return { id: id!, state, exported: progress.exported };
      }),
    ended: () => ended,
    leave: () => gone.abort(),
  };
}

/** The clock goes on until it is so: what the thread of the queue answers comes at no certain moment of it. */
const passUntil = (clock: ManualClock, isSo: () => boolean) =>
  until(async () => {
    await clock.advance(1_000);
    return isSo();
  });

/** Real time for the sockets; the clock stands still meanwhile. */
const told = (listener: Listener, count: number) => until(() => listener.told().length >= count && listener.told());

test("an event tells at once how the export is, and another one each change until its end, which closes the stream", async () => {
  await using w = await stage();
  const listener = await w.listen();
  await told(listener, 1);
  await w.lease.beat(fetched(10));
  await passUntil(w.clock, () => listener.told().length === 2);
  await w.lease.release({ state: "completed" }, { ...fetched(100), stage: "done" });
  await passUntil(w.clock, () => listener.ended());
  expect(listener.told().map(({ state, exported }) => [state, exported])).toEqual([
    ["running", 0],
    ["running", 10],
    ["completed", 100],
  ]);
  expect(listener.text()).toMatch(/^retry: \d+\n\n/);
  const times = listener.told().map(({ id }) => Number(id.split("-")[0]));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  await until(() => w.clock.sleepers() === 0);
});

test("whatever stands in an export, a line of it is never taken for another field", async () => {
  await using w = await stage();
  const listener = await w.listen();
  await told(listener, 1);
  expect(listener.text().split(/\r\n|\r|\n/)).toEqual([
    expect.stringMatching(/^retry: \d+$/),
    "",
    expect.stringMatching(/^id: [\w-]+$/),
    "event: export",
    expect.stringMatching(/^data: \{[^]*forged[^]*\}$/),
    "",
    "",
  ]);
  listener.leave();
});

test("no more than four events a second are sent, and the last change is among them", async () => {
  await using w = await stage();
  const listener = await w.listen();
  await told(listener, 1);
  for (let exported = 1; exported <= 100; exported += 1) {
    await w.lease.beat(fetched(exported));
    await w.queue.signedIn("somebody@example.com"); // wakes all who listen
    await w.clock.advance(10);
  }
  await passUntil(w.clock, () => listener.told().at(-1)!.exported === 100);
  expect(listener.told().length).toBeGreaterThanOrEqual(3);
  expect(listener.told().length).toBeLessThanOrEqual(6);
  listener.leave();
});

test("a beat that brings nothing new is no event; silence is filled with a comment every 15 seconds", async () => {
  await using w = await stage();
  const listener = await w.listen();
  await told(listener, 1);
  const begun = w.clock.now();
  const comments = (): number => listener.text().split("\n: ").length - 1;
  for (const number of [1, 2]) {
    await until(async () => {
      await w.lease.beat(NO_PROGRESS);
      await w.clock.advance(1_000);
      return comments() >= number;
    });
    expect(w.clock.now() - begun).toBeGreaterThanOrEqual(number * 15_000);
  }
  await w.clock.advance(5_000);
  expect(listener.told()).toHaveLength(1);
  expect(comments()).toBe(2);
  listener.leave();
});

test("who comes back is told nothing twice and nothing late", async () => {
  await using w = await stage();
  const first = await w.listen();
  const [{ id }] = (await told(first, 1)) as [Told];
  first.leave();
  const second = await w.listen({ "last-event-id": id });
  await w.clock.advance(5_000);
  expect(second.told()).toEqual([]);
  await w.lease.beat(fetched(7)); // in the very millisecond of the look before
  await passUntil(w.clock, () => second.told().length > 0);
  expect(second.told()[0]).toMatchObject({ exported: 7 });
  second.leave();
  const third = await w.listen({ "last-event-id": id });
  expect((await told(third, 1))[0]).toMatchObject({ exported: 7 });
  third.leave();
  for (const nonsense of ["", "-", "x", "1-2-3", "\u00e9"]) {
    const other = await w.listen({ "last-event-id": nonsense });
    expect((await told(other, 1))[0]).toMatchObject({ exported: 7 });
    other.leave();
  }
});

test("an export that has ended is told once; whoever knows its end is sent away for good", async () => {
  await using w = await stage();
  await w.lease.release({ state: "cancelled" }, fetched(3));
  const listener = await w.listen();
  await until(() => listener.ended());
  expect(listener.told()).toMatchObject([{ state: "cancelled", exported: 3 }]);
  const again = await w.listen({ "last-event-id": listener.told()[0]!.id });
  expect(again.response.status).toBe(204);
  await until(() => w.clock.sleepers() === 0);
});

test("several listen at once; when one leaves, nothing of it stays, and the others go on", async () => {
  await using w = await stage();
  const listeners = await Promise.all(Array.from({ length: 5 }, () => w.listen()));
  for (const listener of listeners) await told(listener, 1);
  await w.clock.advance(1_000);
  await until(() => w.clock.sleepers() === 5);
  listeners[0]!.leave();
  listeners[3]!.leave();
  await until(() => w.clock.sleepers() === 3);
  await w.lease.beat(fetched(9));
  for (const i of [1, 2, 4]) {
    await passUntil(w.clock, () => listeners[i]!.told().length === 2);
    expect(listeners[i]!.told()[1]).toMatchObject({ exported: 9 });
  }
  for (const i of [1, 2, 4]) listeners[i]!.leave();
  await until(() => w.clock.sleepers() === 0);
});

test("a client that does not read holds nothing up, and is forgotten when it leaves", async () => {
  await using w = await stage();
  const { hostname, port, pathname } = new URL(w.url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  await until(() => w.clock.sleepers() === 1);
  for (let exported = 1; exported <= 50; exported += 1) {
    await w.lease.beat(fetched(exported));
    await w.clock.advance(1_000);
  }
  const listener = await w.listen();
  expect((await told(listener, 1))[0]).toMatchObject({ exported: 50 });
  listener.leave();
  socket.destroy();
  await until(() => w.clock.sleepers() === 0);
});

test("a server that closes ends its streams in good order", async () => {
  await using w = await stage();
  const listener = await w.listen();
  await told(listener, 1);
  await w.close();
  await until(() => listener.ended());
  await until(() => w.clock.sleepers() === 0);
});

test("the headers say that it is a stream, and that nobody may keep it", async () => {
  await using w = await stage();
  const { response, leave } = await w.listen();
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-store");
  leave();
  const head = await fetch(w.url, { method: "HEAD" });
  expect(head.status).toBe(404);
});
