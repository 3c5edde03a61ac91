import { expect, test } from "vitest";

import { requestOf } from "../../../../test/contracts/job-queue.ts";
import { manualClock, type ManualClock } from "../../../../test/manual-clock.ts";
import { manifestWith } from "../../../../test/written-export.ts";
import { ExportError } from "../../../core/errors.ts";
import { NO_PROGRESS, type ExportRequest, type Progress } from "../../../core/export/job.ts";
import type { Manifest } from "../../../core/export/manifest.ts";
import { exportEvents } from "../terminal/export-events.ts";
import { watch } from "../terminal/watch.ts";
import { testTerminal } from "../testing.ts";
import { exportHere } from "./export.ts";

const REQUEST = requestOf("ada@example.com", "/mail/ada");

const MANIFEST = manifestWith({ total_emails: 2, total_batches: 1 });

const lockedOut = (at: number): ExportError =>
  new ExportError({
    code: "locked_out",
    retry: "wait",
    at,
    message: "Google has locked this account out.",
    next: "Wait.",
  });

const at = (exported: number, stage: Progress["stage"] = "fetching"): Progress => ({
  ...NO_PROGRESS,
  stage,
  listed: 200,
  exported,
});

/** An export of a hundred seconds, a message each, that Google interrupts for fifteen minutes after the first fifty. */
function lockedOutOnce(clock: ManualClock) {
  let exported = 0;
  return async (_: ExportRequest, report: (progress: Progress) => void): Promise<Manifest> => {
    report(at(exported, "listing"));
    const end = exported + 50;
    for (; exported < end; exported += 1) {
      report(at(exported));
      await clock.sleep(500);
      report(at(exported));
      await clock.sleep(500);
    }
    if (exported === 50) throw lockedOut(clock.now() + 900_000);
    report(at(exported, "done"));
    return MANIFEST;
  };
}

const never = new AbortController().signal;

test("events tell of each stage, of progress once a second, and of a wait until when", async () => {
  const clock = manualClock();
  const terminal = await testTerminal();
  const events = exportEvents({ clock, terminal }, REQUEST);
  events.result(
    await clock.run(exportHere({ clock, runExport: lockedOutOnce(clock) }, REQUEST, [events], { wait: false }, never)),
  );

  const told = terminal
    .stdout()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown> & { event: string; at: string });
  expect(told[0]).toEqual({
    event: "started",
    at: "2026-11-23T09:30:17.250Z",
    state: "running",
    email: "ada@example.com",
    output_directory: "/mail/ada",
    max_emails: null,
    batch_size: 5_000,
    query: "",
    labels: [],
    include_spam_trash: false,
    attachments: false,
    formats: [],
  });
  expect(told.at(-1)).toEqual({
    event: "result",
    at: expect.any(String),
    state: "completed",
    directory: "/mail/ada",
    ...MANIFEST,
  });
  const waiting = told.filter(({ event }) => event === "waiting");
  expect(waiting).toEqual([
    {
      event: "waiting",
      at: "2026-11-23T09:31:07.250Z",
      state: "waiting",
      waiting_until: "2026-11-23T09:46:07.250Z",
      failure: { code: "locked_out", message: "Google has locked this account out.", next: "Wait." },
    },
  ]);
  const progress = told.filter(({ event }) => event === "progress");
  expect(progress.length).toBeGreaterThan(90);
  expect(progress.length).toBeLessThan(106);
  expect(progress[1]).toEqual({
    event: "progress",
    at: "2026-11-23T09:30:17.250Z",
    state: "running",
    progress: { stage: "fetching", listed: 200, exported: 0, gone: 0, failed: 0, batches: 0 },
    quota: { tier: "2026", units: 0, calls: {}, refused: 0 },
    rate: null,
    finished_at_estimate: null,
  });
  expect(told.length).toBe(progress.length + 3);
});

test("into a pipe goes a plain line every ten seconds, and one about a wait", async () => {
  const clock = manualClock();
  const terminal = await testTerminal();
  using watched = watch({ clock, terminal }, never);
  await clock.run(exportHere({ clock, runExport: lockedOutOnce(clock) }, REQUEST, [watched], { wait: false }, never));
  const lines = terminal.stderr().trimEnd().split("\n");
  expect(lines[0]).toBe("fetching 5 % · 10 of 200 messages · 0 quota units");
  expect(lines.filter((line) => line.startsWith("fetching")).length).toBe(8);
  expect(lines.filter((line) => !line.includes(" messages "))).toEqual([
    expect.stringMatching(/^Google has locked this account out\. Going on by itself at .*; Ctrl-C stops here\.$/),
  ]);
  expect(terminal.stdout()).toBe("");
});

test("in a terminal a wait counts down, and a stop that takes its time says so", async () => {
  const clock = manualClock();
  const terminal = await testTerminal(80);
  const stop = new AbortController();
  const watched = watch({ clock, terminal }, stop.signal);
  watched.progress(at(50));
  await clock.advance(1_000);
  expect(terminal.stderr()).toContain("50 of 200 messages");
  watched.waiting(lockedOut(0).failure, clock.now() + 900_000);
  await clock.advance(600_000);
  expect(terminal.stderr()).toMatch(/waiting, 15 min left[^]*waiting, 5 min left/);
  stop.abort();
  await clock.advance(200);
  expect(terminal.stderr()).toMatch(/Ctrl-C again leaves at once/);
  watched[Symbol.dispose]();
  await clock.advance(1_000);
  expect(clock.sleepers()).toBe(0);
});
