import { expect, test } from "vitest";

import { STATE_NAMES } from "../../../core/export/job.ts";
import { gaugeOf, isLive } from "./gauge.ts";

const progress = { stage: "fetching", listed: 10, exported: 4, gone: 1, failed: 2, batches: 0 } as const;

test("while messages are fetched, what is gone or failed is behind us too", () => {
  expect(gaugeOf({ state: "running", progress })).toEqual({ kind: "done", done: 7, of: 10 });
  expect(gaugeOf({ state: "paused", progress })).toEqual({ kind: "done", done: 7, of: 10 });
});

test("while Gmail is asked what there is, only that is known; and a listing that stands still shows nothing", () => {
  const listing = { ...progress, stage: "listing", exported: 0, gone: 0, failed: 0 } as const;
  expect(gaugeOf({ state: "running", progress: listing })).toEqual({ kind: "found", found: 10 });
  expect(gaugeOf({ state: "paused", progress: listing })).toEqual({ kind: "none" });
});

test("no bar is ever more than full", () => {
  expect(gaugeOf({ state: "running", progress: { ...progress, listed: 3 } })).toEqual({ kind: "done", done: 7, of: 7 });
});

test("what is over is not measured", () => {
  const over = STATE_NAMES.filter((state) => !isLive({ state }));
  expect(over).toEqual(["completed", "completed_with_failures", "failed", "cancelled"]);
  for (const state of over) expect(gaugeOf({ state, progress })).toEqual({ kind: "none" });
});
