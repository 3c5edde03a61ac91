import { describe, expect, test } from "vitest";

import { EVERYTHING } from "../../core/mail/filter.ts";
import { readJob } from "./job-row.ts";

const failure = { code: "locked_out", retry: "wait", message: "What happened.", next: "What to do." } as const;

const job = {
  id: "1",
  request: {
    account: "ada@example.com",
    directory: "/data",
    maxEmails: 5,
    batchSize: 2,
    filter: { ...EVERYTHING, labels: ["INBOX"] },
  },
  progress: {
    stage: "fetching",
    listed: 3,
    exported: 2,
    gone: 0,
    failed: 1,
    batches: 1,
    spent: { units: 1.5, calls: { "messages.get": 2 }, refused: 0 },
    forecast: { finishAt: 2 },
  },
  createdAt: 1,
  updatedAt: 2,
  state: "waiting",
  until: 3,
  failure,
};

const read = (value: object): unknown => readJob({ state: String(Object(value).state), job: JSON.stringify(value) });

/** The value with what stands at one place changed; without that place where there is nothing to put there. */
function changed(value: object, [first, ...rest]: readonly string[], to: unknown): object {
  const { [first!]: before, ...others }: Record<string, unknown> = Object(value);
  const after = rest.length > 0 ? changed(Object(before), rest, to) : to;
  return after === undefined ? others : { ...others, [first!]: after };
}

/** Every place in a job, and what may not stand there: anything of another type. */
const PLACES: readonly (readonly [path: string, wrong: readonly unknown[]])[] = [
  ...["id", "request.account", "request.directory", "request.filter.query"].map(
    (path) => [path, [undefined, null, 1, {}]] as const,
  ),
  ...["listed", "exported", "gone", "failed", "batches", "spent.refused"].map(
    (path) => [`progress.${path}`, [undefined, null, "1", -1, 0.5]] as const,
  ),
  ["request.maxEmails", [undefined, "1", -1, 0.5]],
  ["request.batchSize", [undefined, null, "1", 0, 0.5]],
  ["request.filter", [undefined, null, "all", []]],
  ["request.filter.labels", [undefined, null, "INBOX", [1], {}]],
  ["request.filter.includeSpamTrash", [undefined, null, 1]],
  ["request", [undefined, null, []]],
  ["progress", [undefined, null, []]],
  ["progress.stage", [undefined, null, "resting"]],
  ["progress.spent", [undefined, null]],
  ["progress.spent.units", [undefined, null, "1"]],
  ["progress.spent.calls", [undefined, null, [], { "messages.get": "2" }]],
  ["progress.forecast", [undefined, 1, {}, { finishAt: "soon" }, { finishAt: 1e300 }]],
  ["createdAt", [undefined, null, "1", 1e300]],
  ["updatedAt", [undefined, null, "1", 1e300]],
  ["state", [undefined, null, "resting"]],
  ["until", [undefined, null, "1", 1e300]],
  ["failure", [undefined, null]],
  ["failure.code", [undefined, null, 1]],
  ["failure.message", [undefined, null, 1]],
  ["failure.next", [undefined, null, 1]],
];

describe("an entry of the list of exports", () => {
  test("is a job in each state, with whatever other versions put into it", () => {
    expect(read(job)).toEqual(job);
    const { until: _, failure: __, ...bare } = { ...job, later: { version: 9 } };
    for (const state of ["queued", "running", "paused", "completed", "completed_with_failures", "cancelled"])
      expect(read({ ...bare, state })).toEqual({ ...bare, state });
    for (const state of ["needs_sign_in", "failed"]) {
      expect(read({ ...bare, state, failure })).toEqual({ ...bare, state, failure });
      expect(read({ ...bare, state })).toBeUndefined();
    }
    for (const place of ["request.maxEmails", "progress.forecast", "progress.forecast.finishAt"])
      expect(read(changed(job, place.split("."), null)), place).toBeDefined();
  });

  test.each(PLACES)("is none with something else at %s", (path, wrong) => {
    for (const value of wrong)
      expect(read(changed(job, path.split("."), value)), JSON.stringify(value)).toBeUndefined();
  });
});
