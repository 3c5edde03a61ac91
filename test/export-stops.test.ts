import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { api, expectProblem } from "./api.ts";
import { idsOnDisk, manifestIn, recordsIn, sortedIds } from "./exported.ts";
import {
  ADA,
  begin,
  expectAllOnce,
  inTheMiddle,
  listedIds,
  look,
  pauseAfter,
  reaches,
  signIn,
  stageSignedIn,
  standstill,
  type Stage,
} from "./stage.ts";

/** What is on disk is not fetched again; but for the conversation that the stop cut in two. */
function expectNotTwice({ google }: Stage, onDisk: readonly string[]): void {
  const mailbox = google.mailbox();
  const twice = onDisk.filter((id) => google.meter.gets(id) > 1);
  expect(new Set(twice.map((id) => mailbox.truth(id).threadId)).size).toBeLessThanOrEqual(1);
}

/** One server for all tests that neither stop it nor slow it down; each export has its own folder. */
let shared: Stage;
beforeAll(async () => void (shared = await stageSignedIn({ messages: 300 })));
beforeEach(() => {
  shared.google.faults.clear();
  shared.google.meter.reset();
});
afterAll(() => shared[Symbol.asyncDispose]());

describe("an export that was stopped goes on", () => {
  test("after a pause, when it is resumed", async () => {
    const w = shared;
    w.google.faults.add(standstill(120));
    const id = await begin(w, { batch_size: 40, output_dir: "data/paused" });
    const { progress } = await inTheMiddle(w, id);
    expect((await w.post(`/exports/${id}/pause`)).status).toBe(202);
    const paused = await reaches(w, id, "paused");
    expect(paused.complete).toBe(false);
    expect(paused.progress.exported).toBeGreaterThanOrEqual(progress.exported);
    expect(paused.progress.exported).toBeLessThan(paused.progress.listed);
    const onDisk = await idsOnDisk(paused.output_directory);
    expect(onDisk).toHaveLength(paused.progress.exported);

    w.google.faults.clear();
    expectProblem(await w.post(`/exports/${id}/pause`), 409, "not_in_this_state");
    const resumed = await w.post(`/exports/${id}/resume`);
    expect([resumed.status, resumed.body.id]).toEqual([202, id]);
    const { output_directory: directory, files } = await reaches(w, id, "completed");
    await expectAllOnce(w, directory);
    expect(files.slice(0, -1).every(({ count }) => count === 40)).toBe(true);
    expectNotTwice(w, onDisk);
  });

  test("after it was cancelled, when the same is asked for anew", async () => {
    const w = shared;
    w.google.faults.add(standstill(120));
    const asked = { output_dir: "data/cancelled" };
    const id = await begin(w, asked);
    await inTheMiddle(w, id);
    expect((await w.post(`/exports/${id}/cancel`)).status).toBe(202);
    const cancelled = await reaches(w, id, "cancelled");
    const onDisk = await idsOnDisk(cancelled.output_directory);
    for (const wish of ["pause", "resume", "cancel", "retry-failed"])
      expectProblem(await w.post(`/exports/${id}/${wish}`), 409, "not_in_this_state");
    w.google.faults.clear();
    expect((await look(w, id)).progress).toEqual(cancelled.progress); // nothing goes on by itself

    const { output_directory: directory } = await reaches(w, await begin(w, asked), "completed");
    await expectAllOnce(w, directory);
    expect(onDisk).toHaveLength(cancelled.progress.exported);
    expectNotTwice(w, onDisk);
  });

  test("after the grant was withdrawn, by itself with the next sign-in", async () => {
    const w = shared;
    w.google.faults.add(pauseAfter(100));
    const id = await begin(w, { output_dir: "data/withdrawn" });
    await inTheMiddle(w, id);
    w.google.revoke(ADA);
    w.google.faults.clear();
    const stopped = await reaches(w, id, "needs_sign_in");
    expect(stopped.failure).toMatchObject({ code: "consent_revoked", next: expect.stringContaining("Sign in") });
    expect(stopped.progress.exported).toBeLessThan(stopped.progress.listed);
    const onDisk = await idsOnDisk(stopped.output_directory);
    const { body } = await w.get(`/auth/status?email=${ADA}`);
    expect(body).toMatchObject({ authenticated: false, can_refresh: false, warning: expect.stringMatching(/\S/) });
    const refused = await w.post("/export/gmail", { email: ADA, output_dir: "data/other" });
    expectProblem(refused, 401, "not_signed_in");

    await signIn(w.server, ADA);
    const { output_directory: directory } = await reaches(w, id, "completed");
    await expectAllOnce(w, directory);
    expectNotTwice(w, onDisk);
  });

  test("after the Gmail API was not switched on, when it is resumed", async () => {
    const w = shared;
    w.google.faults.add({ kind: "apiDisabled" });
    const id = await begin(w, { max_emails: 20, output_dir: "data/disabled" });
    const failed = await reaches(w, id, "failed");
    expect(failed.failure).toMatchObject({ code: "api_disabled", next: expect.stringContaining("https://") });
    w.google.faults.clear();
    await w.post(`/exports/${id}/resume`);
    const { output_directory: directory } = await reaches(w, id, "completed");
    await expectAllOnce(w, directory, listedIds(w).slice(0, 20));
  });

  test("not before the time that Google names, and until then it can be cancelled", async () => {
    await using w = await stageSignedIn();
    w.google.faults.add({ kind: "lockout", seconds: 3_600, method: "messages.get" });
    const before = Date.now();
    const id = await begin(w);
    const waiting = await reaches(w, id, "waiting");
    expect(waiting.failure).toMatchObject({ code: "locked_out" });
    const named = Date.parse(waiting.waiting_until) - 3_600_000; // when Google said so, give or take a second
    expect(named).toBeGreaterThanOrEqual(before - 1_000);
    expect(named).toBeLessThanOrEqual(Date.now() + 1_000);
    expect((await w.post(`/exports/${id}/cancel`)).body.state).toBe("cancelled");
  });

  test("told to go on before that time it asks nothing and rests again, and the server can be stopped", async () => {
    await using w = await stageSignedIn();
    w.google.faults.add({ kind: "lockout", seconds: 3_600, method: "messages.get" });
    const before = Date.now();
    const id = await begin(w);
    const { waiting_until } = await reaches(w, id, "waiting");
    const asked = w.google.meter.calls["messages.get"];
    expect((await w.post(`/exports/${id}/resume`)).status).toBe(202);
    const again = await reaches(w, id, "waiting");
    const moved = Math.abs(Date.parse(again.waiting_until) - Date.parse(waiting_until));
    expect(moved).toBeLessThanOrEqual(Date.now() - before + 1_000);
    expect(w.google.meter.calls["messages.get"]).toBe(asked);
    expect(await w.server.stop("SIGTERM")).toMatchObject({ code: 0 });
  });

  test("after SIGTERM, which ends the server though Google still owes answers, by itself at the next start", async () => {
    await using w = await stageSignedIn({ messages: 300 });
    w.google.faults.add(standstill(120));
    const id = await begin(w, { batch_size: 40 });
    const { output_directory: directory } = await inTheMiddle(w, id);
    expect(await w.server.stop("SIGTERM")).toMatchObject({ code: 0 });
    const onDisk = await idsOnDisk(directory);
    expect(onDisk.length).toBeGreaterThan(0);
    w.google.faults.clear();
    await using server = await w.product.serve();
    await reaches(api(server.url), id, "completed");
    await expectAllOnce(w, directory);
    expectNotTwice(w, onDisk);
  });
});

describe("a message", () => {
  test("that comes while the others are read is exported too", async () => {
    const w = shared;
    w.google.faults.add(pauseAfter(30));
    const id = await begin(w, { output_dir: "data/late" });
    await inTheMiddle(w, id);
    w.google.mailbox().add({ subject: "Just in time", labelIds: ["INBOX"] });
    w.google.faults.clear();
    await expectAllOnce(w, (await reaches(w, id, "completed")).output_directory);
  });
});

// They wait: for Google to say it again, and for a lease to run out.
describe.concurrent("what takes its time", () => {
  test("a message that is deleted between the listing and its reading is gone, and the export is complete", async () => {
    await using w = await stageSignedIn({ messages: 300 });
    w.google.faults.add(pauseAfter(30));
    const id = await begin(w);
    await inTheMiddle(w, id);
    const mailbox = w.google.mailbox();
    const deleted = listedIds(w).slice(-3);
    for (const message of deleted) mailbox.remove(message);
    w.google.faults.clear();
    const job = await reaches(w, id, "completed");
    const manifest = await manifestIn(job.output_directory);
    expect(manifest).toMatchObject({ complete: true, failed: [] });
    expect(manifest.gone.toSorted()).toEqual(deleted.toSorted());
    expect(job.progress.gone).toBe(3);
    expect(sortedIds(await recordsIn(job.output_directory))).toEqual(listedIds(w).toSorted());
  });

  test("a message that Gmail never gives out is failed, with a reason; the rest is exported, and it can be tried again", async () => {
    await using w = await stageSignedIn({ messages: 60 });
    const poisoned = listedIds(w)[20]!;
    w.google.faults.add({ kind: "500", messageId: poisoned });
    const id = await begin(w);
    const job = await reaches(w, id, "completed_with_failures");
    const failed = [{ id: poisoned, reason: expect.stringContaining("HTTP 500"), attempts: expect.any(Number) }];
    expect(job).toMatchObject({ complete: false, failures: failed, progress: { failed: 1 } });
    const directory = job.output_directory;
    expect(await manifestIn(directory)).toMatchObject({ complete: false, failed, gone: [] });
    const others = listedIds(w).filter((other) => other !== poisoned);
    expect(sortedIds(await recordsIn(directory))).toEqual(others.toSorted());

    w.google.faults.clear();
    expectProblem(await w.post(`/exports/${id}/resume`), 409, "not_in_this_state");
    expect((await w.post(`/exports/${id}/retry-failed`)).status).toBe(202);
    await reaches(w, id, "completed");
    await expectAllOnce(w, directory);
  });

  test("an export whose server was killed is taken up by the next one", async () => {
    await using w = await stageSignedIn({ messages: 300 });
    w.google.faults.add(standstill(120));
    const id = await begin(w, { batch_size: 40 });
    const { output_directory: directory } = await inTheMiddle(w, id);
    await w.server.stop("SIGKILL");
    const onDisk = await idsOnDisk(directory);
    w.google.faults.clear();
    await using server = await w.product.serve();
    await reaches(api(server.url), id, "completed");
    await expectAllOnce(w, directory);
    expectNotTwice(w, onDisk);
  });
});
