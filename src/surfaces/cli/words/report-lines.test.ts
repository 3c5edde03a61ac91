import { expect, test } from "vitest";

import type { Estimate } from "../../../pipeline/estimate.ts";
import { messagesIn } from "./messages.ts";
import { estimateLines } from "./report-lines.ts";

const cost = { calls: 2, units: 120, minutes: 1, likelyMinutes: 1, notKnown: [] };
const kinds = { text: cost, attachments: cost, originals: cost };
const estimate: Estimate = {
  messages: 6,
  conversations: 2,
  tier: "2026",
  unitsPerMinute: 6_000,
  shareOfDay: 0.5,
  ...kinds,
};

test("an estimate in French has a space before each sign that French puts one before", () => {
  const lines = estimateLines(estimate, messagesIn("fr"));
  expect(lines[1]).toMatch(/ ; 50 % de ce qu'un projet/);
  expect(lines.filter((line) => /\S[;:](?!\/)/.test(line))).toEqual([]);
});
