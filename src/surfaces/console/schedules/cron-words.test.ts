import { expect, test } from "vitest";

import { language } from "../language.ts";
import { whenInWords } from "./cron-words.ts";

/** Spaces that Intl puts before "AM" differ by its version. */
const told = (expression: string): string | undefined => whenInWords(expression)?.replaceAll(/\s/g, " ");

test("the usual expressions are told in words, in both languages", () => {
  language.value = "en";
  expect(told("0 3 * * *")).toBe("Every day at 3:00 AM");
  expect(told("*/15 * * * *")).toBe("Every 15 minutes");
  expect(told("* * * * *")).toBe("Every minute");
  expect(told("0 * * * *")).toBe("Every hour, on the hour");
  expect(told("30 * * * *")).toBe("Every hour, 30 minutes past");
  expect(told("5 */6 * * *")).toBe("Every 6 hours, 5 minutes past");
  expect(told("0 3 * * 0")).toBe("Every Sunday at 3:00 AM");
  expect(told("0 3 * * 7")).toBe("Every Sunday at 3:00 AM");
  expect(told("15 22 * * MON,fri")).toBe("Every Monday and Friday at 10:15 PM");
  expect(told("0 3 * * FRI-MON")).toBe("Every Monday, Friday, Saturday, and Sunday at 3:00 AM");
  expect(told("0 3 1 * *")).toBe("On day 1 of each month at 3:00 AM");
  language.value = "fr";
  expect(told("0 3 * * *")).toBe("Chaque jour à 03:00");
  expect(told("0 3 * * 1")).toBe("Chaque lundi à 03:00");
  expect(told("0 3 1 * *")).toBe("Le 1er de chaque mois à 03:00");
});

test("an expression whose words might be wrong has none", () => {
  const others = [
    "",
    "0 3 * *",
    "0 0 3 * * *", // with seconds
    "0 3 1 * 1", // the first, and Mondays
    "0 3 * JAN *",
    "*/7 * * * *", // not every seven minutes: from 56 it is four to the hour
    "0 */5 * * *",
    "0-10 * * * *",
    "*/30 8-18 * * MON-FRI",
    "0 3 L * *",
    "0 3 0 * *",
    "0 24 * * *",
    "0 3 * * MON#1",
    "0 3 * * 1-3-5",
    "@daily",
  ];
  expect(others.map((one) => [one, whenInWords(one)])).toEqual(others.map((one) => [one, undefined]));
});
