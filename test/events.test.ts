import { EventSource, type MessageEvent } from "undici";
import { expect, test } from "vitest";

import { api, expectProblem, type Fields } from "./api.ts";
import { freePort } from "./free-port.ts";
import {
  API_KEY,
  begin,
  inTheMiddle,
  look,
  pauseAfter,
  reaches,
  stage,
  stageSignedIn,
  standstill,
  withKey,
} from "./stage.ts";
import { until } from "./wait.ts";

/** What a browser's EventSource, which knows nothing of this project, makes of an export's events. */
function watch(origin: string, id: string) {
  const source = new EventSource(`${origin}/exports/${id}/events`);
  const events: { id: string; export: Fields }[] = [];
  let opened = 0;
  source.addEventListener("open", () => (opened += 1));
  source.addEventListener("export", (event) => {
    const { lastEventId, data } = event as MessageEvent<string>;
    events.push({ id: lastEventId, export: JSON.parse(data) as Fields });
  });
  return {
    events,
    opened: () => opened,
    states: () => [...new Set(events.map((event) => event.export.state))],
    isClosed: () => source.readyState === EventSource.CLOSED,
    [Symbol.dispose]: () => source.close(),
  };
}

test("an export is watched from its start to its end: what a look would show, as it changes; then the browser stops by itself", async () => {
  await using w = await stageSignedIn({ messages: 200 });
  w.google.faults.add(pauseAfter(30));
  const id = await begin(w, { include_spam_trash: true });
  using watched = watch(w.server.url, id);
  const exportedLast = (): number => watched.events.at(-1)?.export.progress.exported ?? 0;
  for (let moment = 0; moment < 3; moment += 1) {
    const before = exportedLast();
    await until((note) => note(exportedLast()) > before);
    w.google.faults.clear(); // and at once again: it goes on for so long
    w.google.faults.add(pauseAfter(30));
  }
  w.google.faults.clear();
  await reaches(w, id, "completed");
  await until(() => watched.states().includes("completed"));
  expect([watched.events.at(-1)!.export]).toEqual((await w.get("/exports")).body.exports);
  const exported = watched.events.map((event) => event.export.progress.exported);
  expect(exported).toEqual(exported.toSorted((a, b) => a - b));
  expect(new Set(exported).size).toBeGreaterThan(2);
  expect(watched.events.some((event) => "rate" in event.export && event.export.rate !== null)).toBe(true);
  expect(new Set(watched.events.map((event) => event.id)).size).toBe(watched.events.length);
  const told = watched.events.length;
  await until(watched.isClosed); // it asked again, and was told that there is nothing more
  expect(watched.events.length).toBe(told);

  // The stream has the headers that every answer has.
  const events = await w.get(`/exports/${id}/events`);
  const plain = await w.get(`/exports/${id}`);
  expect(events.type).toBe("text/event-stream");
  expect(events.headers.get("x-request-id")).toBeTruthy();
  for (const name of ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"])
    expect([name, events.headers.get(name)]).toEqual([name, plain.headers.get(name)]);
  expect((await look(w, id)).links).toMatchObject({ events: `/exports/${id}/events` });
});

test("what is asked of an export is seen by all who watch, on any server that shares its state", async () => {
  await using w = await stageSignedIn();
  w.google.faults.add(standstill(30));
  const id = await begin(w);
  await inTheMiddle(w, id);
  await using other = await w.product.serve({ PORT: String(await freePort()) });
  using here = watch(w.server.url, id);
  using there = watch(other.url, id);
  await until(() => here.events.length > 0 && there.events.length > 0);
  await api(other.url).post(`/exports/${id}/pause`);
  await until(() => here.states().includes("paused") && there.states().includes("paused"));
  w.google.faults.clear();
  await w.post(`/exports/${id}/resume`);
  await until(() => here.states().includes("completed") && there.states().includes("completed"));
  expect(here.events.at(-1)).toEqual(there.events.at(-1));
});

test("a browser whose server is started anew goes on where it was", async () => {
  await using w = await stageSignedIn();
  w.google.faults.add(standstill(30));
  const id = await begin(w);
  const { progress } = await inTheMiddle(w, id);
  using watched = watch(w.server.url, id);
  await until(() => watched.events.length > 0);
  const stopped = await w.server.stop("SIGTERM");
  expect([stopped.code, stopped.stderr]).toEqual([0, expect.not.stringContaining("events broke off")]);
  w.google.faults.clear();
  await using server = await w.product.serve();
  await until(() => watched.states().includes("completed"));
  expect(server.url).toBe(w.server.url);
  expect(watched.opened()).toBeGreaterThan(1);
  expect(watched.events.at(-1)!.export.progress.exported).toBeGreaterThan(progress.exported);
});

test("there are no events of an export that there is not, nor for who has no key", async () => {
  await using w = await stage({ messages: 1 }, { API_KEY });
  expectProblem(await w.get("/exports/none/events"), 401, "api_key_required");
  const { get } = api(w.server.url, withKey);
  expectProblem(await get("/exports/none/events"), 404, "export_unknown");
  expectProblem(await get("/exports/none/events?x=1"), 422, "invalid_fields");
});
