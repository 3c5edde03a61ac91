import { expect, test } from "vitest";

import { relativeTime } from "./format.ts";
import { language } from "./language.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

test("how long ago is told in the largest unit that still says something, and never rounded up", () => {
  const told = (ms: number): string => relativeTime(NOW + ms, NOW);
  language.value = "en";
  expect([told(0), told(-59_999), told(59_999)]).toEqual(["now", "now", "now"]);
  expect([told(-MINUTE), told(-119_000), told(59 * MINUTE)]).toEqual(["1 minute ago", "1 minute ago", "in 59 minutes"]);
  expect([told(-60 * MINUTE), told(-DAY + 1), told(3 * HOUR)]).toEqual(["1 hour ago", "23 hours ago", "in 3 hours"]);
  expect([told(-47 * HOUR), told(-59 * DAY), told(-100 * DAY)]).toEqual(["1 day ago", "59 days ago", "3 months ago"]);
  expect([told(-800 * DAY), told(-40 * 365 * DAY)]).toEqual(["2 years ago", "39 years ago"]);
  language.value = "fr";
  expect([told(-3 * HOUR), told(2 * DAY)]).toEqual(["il y a 3 heures", "dans 2 jours"]);
});
