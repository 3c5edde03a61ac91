import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { reportDomain } from "../bench/domain/report.ts";
import { simulateDomain } from "../bench/domain/simulate-domain.ts";

const DAY = 1_440;
const limits = { unitsPerMinute: 6_000, projectUnitsPerMinute: 1_200_000 };
const alike = (count: number, units: number): number[] => Array.from({ length: count }, () => units);

test("the page's figures are those of the simulation", async () => {
  const page = await readFile(
    join(import.meta.dirname, "..", "docs", "operations", "ten-thousand-mailboxes.md"),
    "utf8",
  );
  const figures = page.slice(page.indexOf("<!-- figures -->") + 16, page.indexOf("<!-- end of figures -->"));
  expect(figures.trim()).toBe(reportDomain());
});

test("one mailbox is read at its own limit, many at the project's, and none waits where there is room", () => {
  const one = simulateDomain({ mailboxes: [60_000], workers: 1, concurrency: 8, ...limits });
  expect(one).toMatchObject({ minutes: 10, units: 60_000, mostAtOnce: 1 });
  const many = simulateDomain({ mailboxes: alike(400, 60_000), workers: 50, concurrency: 8, ...limits });
  expect(many).toMatchObject({ minutes: 20, mostAtOnce: 400 });
  expect(many.shareOfLimit).toBeCloseTo(1);
  const few = simulateDomain({ mailboxes: alike(400, 60_000), workers: 5, concurrency: 8, ...limits });
  expect(few).toMatchObject({ minutes: 100, mostAtOnce: 40 });
});

test("what is spent is told by the day, and what of it is beyond the threshold", () => {
  const day = simulateDomain({ mailboxes: alike(200, 6_000 * DAY * 1.5), workers: 25, concurrency: 8, ...limits });
  expect(day).toMatchObject({ minutes: 1.5 * DAY, daysBeyond: 2, mostOfDay: 1_200_000 * DAY });
  expect(day.unitsBeyond).toBeCloseTo(day.units - 160_000_000);
  const within = simulateDomain({
    mailboxes: alike(20, 6_000 * DAY),
    workers: 2,
    concurrency: 8,
    unitsPerMinute: 6_000,
    projectUnitsPerMinute: 55_555,
  });
  expect([within.daysBeyond, within.unitsBeyond]).toEqual([0, 0]);
});
