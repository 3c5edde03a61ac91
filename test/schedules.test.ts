import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle, type SimulatedGoogle } from "../simulator/google.ts";
import { systemClock } from "../src/clock.ts";
import { embeddedJobQueue } from "../src/state/embedded/job-queue.ts";
import { api, expectProblem, type Answer, type Api } from "./api.ts";
import { requestOf } from "./contracts/job-queue.ts";
import { install, type Product, type Server } from "./product.ts";
import { signInAt } from "./signed-in.ts";
import { ADA, BOB, expectAllOnce, reaches, signIn } from "./stage.ts";
import { until } from "./wait.ts";

const NIGHTLY = { email: ADA, cron: "0 3 * * *", time_zone: "Europe/Paris" };
const MINUTE_MS = 60_000;

let google: SimulatedGoogle;
let product: Product;
let server: Server;
let w: Api;
let missed: string;

/** What the answers of /schedules hold, as far as it is looked at here. */
type Seen = Readonly<{
  id: string;
  next_run: string;
  next_runs: readonly string[];
  last_run: Readonly<{ state: string; export_id: string }> | null;
}>;

const bodyOf = ({ text }: Answer): Seen => JSON.parse(text);
/** A schedule as it is now. */
const look = async (id: string): Promise<Seen> => bodyOf(await w.get(`/schedules/${id}`));

beforeAll(async () => {
  google = await simulateGoogle({ accounts: [ADA, BOB].map((email) => ({ email, messages: 20 })) });
  product = await install(google);
  await signInAt(product, google, ADA);
  // As a server left it that was ended while three nights went by.
  const queue = embeddedJobQueue(join(product.folder, "state"), systemClock);
  const due = Date.now() - 3 * 86_400_000;
  ({ id: missed } = await queue.schedules.add({
    request: requestOf(ADA, join(product.folder, "data", "nightly")),
    cron: "0 3 * * *",
    timeZone: "UTC",
    jitterSeconds: 0,
    paused: false,
    next: { at: due, startAt: due },
  }));
  await queue.close();
  server = await product.serve();
  w = api(server.url);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await product[Symbol.asyncDispose]();
  await google[Symbol.asyncDispose]();
});

test("what was missed while no server ran is exported once after the start, and a killed server forgets nothing of it", async () => {
  const done = await until(async (note) => {
    const seen = note(await look(missed));
    return seen.last_run?.state === "completed" && { ...seen, last_run: seen.last_run };
  });
  expect(Date.parse(done.next_run) - Date.now()).toBeGreaterThan(0);
  await expectAllOnce({ google }, join(product.folder, "data", "nightly"));
  await server.stop("SIGKILL");
  server = await product.serve();
  w = api(server.url);
  expect(await look(missed)).toEqual(done);
  expect((await w.get("/exports")).body.exports).toMatchObject([{ id: done.last_run.export_id }]);
  expect((await w.delete(`/schedules/${missed}`)).status).toBe(204);
  expectProblem(await w.get(`/schedules/${missed}`), 404, "schedule_unknown");
});

test("a schedule is added, listed, changed, paused, resumed, run by hand and removed", async () => {
  const added = await w.post("/schedules", { ...NIGHTLY, options: { attachments: true, batch_size: 7 } });
  expect(added.status, added.text).toBe(201);
  const schedule = bodyOf(added);
  const { id } = schedule;
  expect(added.headers.get("location")).toBe(`/schedules/${id}`);
  expect(schedule).toMatchObject({
    ...NIGHTLY,
    jitter_seconds: 30,
    paused: false,
    waits_for: null,
    last_run: null,
    options: { output_dir: join(product.folder, "data", ADA), attachments: true, batch_size: 7, max_emails: null },
  });
  expect(bodyOf(await w.get("/schedules"))).toEqual({ schedules: [schedule] });

  const change = (body: object) => w.call("PATCH", `/schedules/${id}`, json(body));
  expect(bodyOf(await change({ paused: true }))).toMatchObject({ paused: true, next_run: null });
  const run = await w.post(`/schedules/${id}/run`);
  expect([run.status, run.body.email]).toEqual([202, ADA]);
  expect(run.headers.get("location")).toBe(`/exports/${run.body.id}`);
  await reaches(w, run.body.id, "completed");
  expect(await look(id)).toMatchObject({ last_run: { state: "completed", export_id: run.body.id } });
  expect((await w.delete(`/exports/${run.body.id}`)).status).toBe(204);
  expect(await look(id)).toMatchObject({ last_run: { state: "completed", export_id: run.body.id } });

  const hourly = bodyOf(
    await change({
      paused: false,
      cron: "5 * * * *",
      jitter_seconds: 0,
      options: { output_dir: "data/x", query: "x" },
    }),
  );
  expect(hourly).toMatchObject({ cron: "5 * * * *", jitter_seconds: 0, options: { query: "x", attachments: false } });
  const wait = Date.parse(hourly.next_run) - Date.now();
  expect(wait > 0 && wait <= 60 * MINUTE_MS).toBe(true);
  expect((await w.delete(`/schedules/${id}`)).status).toBe(204);
  expect(bodyOf(await w.get("/schedules"))).toEqual({ schedules: [] });
  for (const answer of [await w.delete(`/schedules/${id}`), await change({}), await w.post(`/schedules/${id}/run`)])
    expectProblem(answer, 404, "schedule_unknown");
});

test("an account that nobody is signed in as may be scheduled: its export needs a sign-in, one alone, and goes on after it", async () => {
  const { id } = bodyOf(await w.post("/schedules", { email: BOB, cron: "0 4 * * *" }));
  const { body: first } = await w.post(`/schedules/${id}/run`);
  await reaches(w, first.id, "needs_sign_in");
  expectProblem(await w.post(`/schedules/${id}/run`), 409, "directory_busy");
  expect(await look(id)).toMatchObject({ last_run: { state: "needs_sign_in", export_id: first.id } });
  await signIn(server, BOB);
  await reaches(w, first.id, "completed");
  expect((await w.delete(`/schedules/${id}`)).status).toBe(204);
});

describe("what cannot be used is refused", () => {
  test.each([
    ["an hour that is none", { cron: "0 3,25 * * *" }, "cron", 5],
    ["a step of nothing", { cron: "*/0 * * * *" }, "cron", 3],
    ["a field too few", { cron: "0 3 * *" }, "cron", 8],
    ["a day that never comes", { cron: "0 0 30 2 *" }, "cron", undefined],
    ["seconds", { cron: "* * * * * *" }, "cron", undefined],
    ["a zone that is none", { time_zone: "Mars/Olympus" }, "time_zone", undefined],
  ])("%s: 422, with the place", async (_what, wrong, field, character) => {
    for (const answer of [
      await w.post("/schedules", { ...NIGHTLY, ...wrong }),
      await w.get(`/schedules/preview?${new URLSearchParams({ cron: NIGHTLY.cron, ...wrong }).toString()}`),
    ]) {
      expectProblem(answer, 422, "schedule_invalid");
      expect(answer.body.errors).toEqual([
        { field, message: answer.body.detail, ...(character === undefined ? {} : { character }) },
      ]);
    }
  });

  test.each([
    [{ ...NIGHTLY, email: "nobody" }, "email"],
    [{ email: ADA }, "cron"],
    [{ ...NIGHTLY, jitter_seconds: -1 }, "jitter_seconds"],
    [{ ...NIGHTLY, jitter_seconds: 86_401 }, "jitter_seconds"],
    [{ ...NIGHTLY, paused: "no" }, "paused"],
    [{ ...NIGHTLY, options: { formats: ["doc"] } }, "options.formats.0"],
    [{ ...NIGHTLY, options: { email: BOB } }, "email"],
    [{ ...NIGHTLY, every: "night" }, "every"],
  ])("%j: 422, and the field is named", async (body, field) => {
    const answer = await w.post("/schedules", body);
    expectProblem(answer, 422, "invalid_fields");
    expect(answer.body.errors.map((one) => one.field)).toEqual([field]);
  });

  test("a directory outside, one of another account, and a label that there is not", async () => {
    const outside = await w.post("/schedules", { ...NIGHTLY, options: { output_dir: "/etc" } });
    expectProblem(outside, 422, "outside_export_dir");
    const foreign = await w.post("/schedules", { ...NIGHTLY, email: BOB, options: { output_dir: "data/nightly" } });
    expectProblem(foreign, 409, "directory_foreign");
    expect(foreign.body.free_directory).toContain("nightly");
    const unknown = await w.post("/schedules", { ...NIGHTLY, options: { labels: ["No such label"] } });
    expectProblem(unknown, 422, "label_unknown");
    expect(bodyOf(await w.get("/schedules"))).toEqual({ schedules: [] });
  });
});

test("an expression can be tried: when it comes true next", async () => {
  const { next_runs: runs } = bodyOf(await w.get("/schedules/preview?cron=*/30+*+*+*+*&count=4&time_zone=UTC"));
  const times = runs.map((at) => Date.parse(at));
  expect(times).toHaveLength(4);
  for (const at of times) expect(at % (30 * MINUTE_MS)).toBe(0);
  expect(times[0]).toBeGreaterThan(Date.now() - MINUTE_MS);
  expect(times[3]! - times[0]!).toBe(90 * MINUTE_MS);
});

test("the command line adds, shows, pauses, runs and removes what the server has", async () => {
  const cli = async (...args: readonly string[]): Promise<Seen & Readonly<{ schedules: readonly Seen[] }>> => {
    const { code, stdout, stderr } = await product.cli(["--json", "schedule", ...args]);
    expect([code, stderr.includes("✗")], stderr).toEqual([0, false]);
    return JSON.parse(stdout);
  };
  const added = await cli(
    "add",
    ADA,
    "30 4 * * *",
    "--time-zone",
    "Asia/Tokyo",
    "--jitter",
    "0",
    "--output-dir",
    "data/cli",
  );
  const { id } = added;
  expect(await look(id)).toEqual(added);
  expect(added).toMatchObject({
    cron: "30 4 * * *",
    time_zone: "Asia/Tokyo",
    next_run: expect.stringMatching(/T19:30:00/),
  });
  expect(await cli("pause", id)).toMatchObject({ paused: true, next_run: null });
  expect((await cli("run", id)).last_run).toMatchObject({ state: expect.stringMatching(/queued|running/) });
  await until(async (note) => note(await look(id)).last_run?.state === "completed");
  const shown = await product.cli(["schedule", "list"], { LANG: "fr_FR.UTF-8" });
  expect(shown.stdout).toMatch(
    /^– ada@example\.com {2}30 4 \* \* \* {2}Asia\/Tokyo\n {2}suivant en pause\n {2}dernier terminé, /,
  );
  expect(await cli("remove", id)).toMatchObject({ id });
  expect(await cli("list")).toEqual({ schedules: [] });
  const { code, stdout } = await product.cli(["--json", "schedule", "run", id]);
  expect([code, JSON.parse(stdout).error.code]).toEqual([2, "schedule_unknown"]);
});

function json(body: object): RequestInit {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
