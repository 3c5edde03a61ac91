import { describe, expect, test } from "vitest";

import type { Failure } from "../errors.ts";
import { troublesOf, type Trouble, type Watched } from "./alarm.ts";
import type { StateName } from "./job.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 28, 8);
const AFTER = 48 * HOUR;

const DISK: Failure = { code: "disk", retry: "never", message: "The disk is full.", next: "Make room." };

/** Proven complete an hour ago, by somebody who signed in a month ago. */
const WELL: Watched = {
  id: "one",
  account: "ada@example.com",
  exportId: "8e6b",
  paused: false,
  since: NOW - 30 * DAY,
  run: { state: "completed", at: NOW - HOUR },
  provenAt: NOW - HOUR,
  grant: { grantedAt: NOW - 30 * DAY },
};

const troubles = (change: Partial<Watched>, before: readonly Trouble[] = [], now = NOW): readonly Trouble[] =>
  troublesOf({ ...WELL, ...change }, before, now, AFTER);
const events = (change: Partial<Watched>, before?: readonly Trouble[], now?: number): string[] =>
  troubles(change, before, now).map(({ event, silent }) => (silent ? `${event} silently` : event));

test("nothing is wrong with an export that was just proven complete", () => {
  expect(events({})).toEqual([]);
});

describe("failed", () => {
  const FAILED = { run: { state: "failed", at: NOW - HOUR / 2, failure: DISK } } as const;

  test("says why, and what to do", () => {
    expect(troubles(FAILED)).toEqual([
      {
        event: "failed",
        exportId: "8e6b",
        since: NOW - HOUR / 2,
        message: "The scheduled export of ada@example.com failed. The disk is full.",
        next: "Make room.",
      },
    ]);
    expect(troubles({ run: { state: "failed", at: NOW } })[0]).toMatchObject({ event: "failed" });
  });

  test("names of labels are not in it", () => {
    const failure: Failure = {
      code: "label_unknown",
      retry: "never",
      message: 'This mailbox has no label "Divorce".',
      next: "Name one of its labels: Lawyer.",
    };
    const [trouble] = troubles({ run: { state: "failed", at: NOW, failure } });
    expect(JSON.stringify(trouble)).not.toMatch(/Divorce|Lawyer/);
    expect(trouble!.message).toContain("label");
  });

  test.each<[StateName, string[]]>([
    ["queued", ["failed"]],
    ["running", ["failed"]],
    ["waiting", ["failed"]],
    ["paused", ["failed"]],
    ["cancelled", ["failed"]],
    ["completed", []],
    ["completed_with_failures", []],
  ])("lasts until a run ends well: %s", (state, expected) => {
    expect(events({ run: { state, at: NOW } }, troubles(FAILED))).toEqual(expected);
    expect(events({ run: { state, at: NOW } })).toEqual([]); // and does not begin with it
  });

  test("is over when something else has proven the directory complete since", () => {
    expect(events({ ...FAILED, provenAt: NOW - HOUR / 4 }, troubles(FAILED))).toEqual([]);
  });
});

describe("needs_sign_in", () => {
  const WAITS = { run: { state: "needs_sign_in", at: NOW - HOUR } } as const;

  test("begins when an export waits for one, or a sign-in is known to have ended", () => {
    expect(troubles(WAITS)[0]).toMatchObject({ event: "needs_sign_in", since: NOW - HOUR });
    expect(troubles(WAITS)[0]!.next).toContain("gmail-export login ada@example.com");
    const revoked = troubles({ grant: "revoked" });
    expect(revoked[0]).toMatchObject({ event: "needs_sign_in", since: NOW });
    expect(troubles({ grant: "revoked" }, revoked, NOW + HOUR)[0]).toMatchObject({ since: NOW });
  });

  test("does not begin by there being no sign-in of its own: there are other ways to read a mailbox", () => {
    expect(events({ grant: "missing" })).toEqual([]);
  });

  test("ends with a sign-in, not with somebody who only tries again", () => {
    const before = troubles(WAITS);
    const queued = { run: { state: "queued", at: NOW } } as const;
    expect(events({ ...queued, grant: { grantedAt: NOW } }, before)).toEqual([]);
    expect(events({ ...queued, grant: "revoked" }, before)).toEqual(["needs_sign_in"]);
    for (const state of ["queued", "running", "waiting", "paused", "cancelled"] as const)
      expect(events({ run: { state, at: NOW }, grant: "missing" }, before), state).toEqual(["needs_sign_in"]);
    expect(events({ ...queued, grant: undefined }, before)).toEqual(["needs_sign_in"]);
    expect(events({ ...queued, grant: undefined })).toEqual([]);
    expect(events({ grant: "missing" }, before)).toEqual([]); // completed without one
  });
});

describe("unproven", () => {
  test("begins when the proof is older than it may be", () => {
    expect(events({ provenAt: NOW - AFTER })).toEqual([]);
    expect(troubles({ provenAt: NOW - AFTER - 1 })).toMatchObject([{ event: "unproven", since: NOW - AFTER - 1 }]);
  });

  test("counts from the schedule where nothing was ever proven", () => {
    const change = { provenAt: undefined, run: undefined, exportId: null } as const;
    expect(events({ ...change, since: NOW - AFTER })).toEqual([]);
    expect(troubles({ ...change, since: NOW - AFTER - 1 })).toMatchObject([
      { event: "unproven", exportId: null, message: expect.stringContaining("not been proven complete yet") },
    ]);
  });
});

describe("sign_in_ends_soon", () => {
  const granted = (age: number) => ({ grant: { grantedAt: NOW - age } }) as const;

  test("is told on the seventh day, as what is so if the project is in Testing", () => {
    expect(events(granted(6 * DAY - 1))).toEqual([]);
    const [trouble] = troubles(granted(6 * DAY));
    expect(trouble).toMatchObject({ event: "sign_in_ends_soon", since: NOW });
    expect(trouble!.message).toMatch(/^If the Google Cloud project is in Testing, .* ends at 2026-11-29T08:00:00.000Z/);
    expect(events(granted(7 * DAY))).toEqual([]);
  });

  test("after the seventh day is over by what a run then shows, and told no more until then", () => {
    const before = troubles(granted(6 * DAY));
    const later = NOW + DAY + HOUR;
    expect(events(granted(6 * DAY), before, later)).toEqual(["sign_in_ends_soon silently"]);
    expect(events({ ...granted(6 * DAY), provenAt: later - 1 }, before, later)).toEqual([]);
    expect(events({ grant: { grantedAt: later - 1 } }, before, later)).toEqual([]);
    expect(events({ grant: undefined }, before, later)).toEqual(["sign_in_ends_soon silently"]);
    expect(events({ grant: "revoked" }, before, later)).toEqual(["needs_sign_in"]);
  });
});
