import { stripVTControlCharacters } from "node:util";

import fc from "fast-check";
import { expect, test } from "vitest";

import { NO_PROGRESS, type Progress } from "../../../core/export/job.ts";
import { messagesIn } from "../words/messages.ts";
import { fit, progressParts } from "./progress-line.ts";
import type { Paint } from "./terminal.ts";

const NOW = Date.UTC(2026, 10, 23, 9, 30);

const FETCHING: Progress = {
  ...NO_PROGRESS,
  stage: "fetching",
  listed: 26_000,
  exported: 12_345,
  spent: { tier: "2026", units: 300_000, calls: {}, refused: 0 },
  forecast: {
    unitsLeft: 1,
    messagesPerMinute: 889.4,
    unitsPerMinute: 5_880,
    unitsThisMinute: 5_880,
    unitsPerMinuteAllowed: 6_000,
    waitingUntil: null,
    finishAt: NOW + 14 * 60_000,
  },
};

const plain: Paint = (_, text) => text;
const red: Paint = (_, text) => `\u001B[31m${text}\u001B[39m`;

const line = (progress: Progress, columns: number): string => fit(progressParts(progress, NOW, plain), columns);

test("says how much, how fast, at what share of the allowed and how long, in as much room as there is", () => {
  expect(line(FETCHING, 150)).toBe(
    "fetching ━━━━━━━━━─────────── 47 % · 12,345 of 26,000 messages · 889 a minute · 5,880 of 6,000 units this minute · about 14 min left",
  );
  expect(line(FETCHING, 120)).toBe(
    "fetching ━━━━━━━━━─────────── 47 % · 12,345 of 26,000 messages · 889 a minute · 98 % of the quota · about 14 min left",
  );
  expect(line(FETCHING, 80)).toBe("fetching 47 % · 12,345 of 26,000 · 889/min · 98 % of the quota · 14 min left");
  expect(line(FETCHING, 60)).toBe("fetching 47 % · 12,345 of 26,000 · 889/min · 14 min left");
  expect(line(FETCHING, 40)).toBe("47 % · 12,345 of 26,000 · 14 min left");
  expect(line(FETCHING, 20)).toBe("12,345 of 26,000");
  expect(line(FETCHING, 4)).toBe("12,3");
});

test("says that the quota is being learned, where more was spent than is allowed by what is known so far", () => {
  const forecast = { ...FETCHING.forecast!, unitsThisMinute: 6_628, unitsPerMinuteAllowed: 4_594 };
  expect(line({ ...FETCHING, forecast }, 180)).toContain(
    " · 6,628 units this minute, learning how many Google allows · ",
  );
  expect(line({ ...FETCHING, forecast }, 120)).toContain(" · learning the quota · ");
  const exact = { ...forecast, unitsPerMinuteAllowed: 6_600 };
  expect(line({ ...FETCHING, forecast: exact }, 180)).toContain(" · 6,628 of 6,600 units this minute · ");
});

test("while records get what they lack, it is those that are counted", () => {
  const progress: Progress = { ...FETCHING, exported: 26_000, completed: { done: 30, of: 120 } };
  expect(line(progress, 60)).toContain("25 % · 30 of 120");
  expect(line(progress, 150)).toContain("━━━━━─────────────── 25 % · 30 of 120 messages completed · ");
  expect(line({ ...progress, completed: { done: 120, of: 120 } }, 150)).toContain(
    " 100 % · 26,000 of 26,000 messages · ",
  );
});

test("says what went wrong, and what Google asked for", () => {
  const waitingUntil = NOW + 20_000;
  const forecast = { ...FETCHING.forecast!, messagesPerMinute: null, waitingUntil, finishAt: null };
  const spent = { ...FETCHING.spent, refused: 3 };
  const told = line({ ...FETCHING, gone: 2, failed: 1, spent, forecast }, 250);
  const at = new Date(waitingUntil).toLocaleTimeString();
  expect(told).toContain(" messages · 5,880 of 6,000 units this minute · 1 failed · 3 refused · 2 gone · ");
  expect(told.endsWith(` · Google's minute is used up; goes on at ${at}`), told).toBe(true);
  const french = fit(progressParts({ ...FETCHING, forecast }, NOW, plain, messagesIn("fr")), 250);
  expect(french).toContain("lecture ━");
  expect(french).toContain("La minute de Google est épuisée ; reprise à ");
});

test("says how much is listed while all is not known, and needs no messages to be done", () => {
  expect(line({ ...NO_PROGRESS, stage: "listing", listed: 1 }, 80)).toBe("listing · 1 message so far");
  expect(line({ ...NO_PROGRESS, stage: "done" }, 80)).toBe(
    "done ━━━━━━━━━━━━━━━━━━━━ 100 % · 0 of 0 messages · 0 quota units",
  );
});

const forecasts = fc.record({
  unitsLeft: fc.nat(),
  messagesPerMinute: fc.nat(),
  unitsPerMinute: fc.nat(1_000_000),
  unitsThisMinute: fc.nat(1_000_000),
  unitsPerMinuteAllowed: fc.integer({ min: 500_000, max: 1_000_000_000 }),
  waitingUntil: fc.option(fc.integer({ min: NOW - 1_000, max: NOW + 10_000_000 })),
  finishAt: fc.option(fc.integer({ min: NOW - 1_000, max: NOW + 10_000_000_000 })),
});

/** An export in the middle: how many are still to come, and how many ended how. */
const progresses = fc
  .tuple(
    fc.constantFrom<Progress["stage"]>("starting", "listing", "fetching", "verifying", "done"),
    fc.tuple(fc.nat(), fc.nat(), fc.nat(1_000), fc.nat(1_000)),
    fc.nat(1_000),
    fc.option(forecasts),
  )
  .map(([stage, [left, exported, gone, failed], refused, forecast]): Progress => {
    const listed = left + exported + gone + failed;
    const spent = { ...NO_PROGRESS.spent, refused };
    return { stage, listed, exported, gone, failed, batches: 0, spent, forecast };
  });

test("never has more columns than it may, colours not counted, and never says less in more of them", () => {
  fc.assert(
    fc.property(progresses, fc.nat(200), fc.nat(20), (progress, columns, more) => {
      const parts = progressParts(progress, NOW, red);
      const narrow = stripVTControlCharacters(fit(parts, columns));
      expect(narrow.length).toBeLessThanOrEqual(columns);
      expect(stripVTControlCharacters(fit(parts, columns + more)).length).toBeGreaterThanOrEqual(narrow.length);
    }),
  );
});
