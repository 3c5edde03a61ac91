import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { failureOf } from "../../core/errors.ts";
import { failureInFrench } from "../../surfaces/words/french.ts";
import { readCron } from "./cron.ts";

const NOW = Date.UTC(2026, 10, 28, 8);

function runs(expression: string, timeZone: string, from: string, count: number): string[] {
  const { after } = readCron(expression, timeZone, NOW);
  const found: string[] = [];
  for (let at = after(Date.parse(from)); at !== undefined && found.length < count; at = after(at))
    found.push(new Date(at).toISOString().replace(":00.000Z", "Z"));
  return found;
}

function refusal(expression: string, timeZone = "UTC"): string {
  try {
    readCron(expression, timeZone, NOW);
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.code === "schedule_invalid") return failure.message;
    throw error;
  }
  return "none";
}

describe("a cron expression", () => {
  test("comes true by the clocks of its time zone", () => {
    expect(runs("0 3 * * *", "Europe/Paris", "2026-11-28T08:00:00Z", 2)).toEqual([
      "2026-11-29T02:00Z",
      "2026-11-30T02:00Z",
    ]);
    expect(runs("0 3 * * *", "Asia/Kolkata", "2026-11-28T08:00:00Z", 1)).toEqual(["2026-11-28T21:30Z"]);
    expect(runs("30 6 * * MON-FRI", "UTC", "2026-11-27T08:00:00Z", 1)).toEqual(["2026-11-30T06:30Z"]);
    expect(runs("0 30 6 1 * *", "UTC", "2026-11-28T08:00:00Z", 1)).toEqual(["2026-12-01T06:30Z"]);
    expect(runs("@daily", "UTC", "2026-11-28T08:00:00Z", 1)).toEqual(["2026-11-29T00:00Z"]);
    expect(runs("0 0 29 2 *", "UTC", "2026-11-28T08:00:00Z", 2)).toEqual(["2028-02-29T00:00Z", "2032-02-29T00:00Z"]);
  });

  test("at an hour that the change to summer time leaves out comes true right after it", () => {
    expect(runs("30 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00Z",
      "2026-03-30T00:30Z",
    ]);
    expect(runs("30 2,14 * * *", "Europe/Paris", "2026-03-28T14:00:00Z", 2)).toEqual([
      "2026-03-29T01:00Z",
      "2026-03-29T12:30Z",
    ]);
  });

  test("at an hour that comes twice comes true once; but every hour and half hour counts", () => {
    expect(runs("30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30Z",
      "2026-10-26T01:30Z",
    ]);
    expect(runs("0 * * * *", "Europe/Paris", "2026-10-24T23:30:00Z", 3)).toEqual([
      "2026-10-25T00:00Z",
      "2026-10-25T01:00Z",
      "2026-10-25T02:00Z",
    ]);
    expect(runs("*/30 * * * *", "America/New_York", "2026-11-01T05:15:00Z", 4)).toEqual([
      "2026-11-01T05:30Z",
      "2026-11-01T06:00Z",
      "2026-11-01T06:30Z",
      "2026-11-01T07:00Z",
    ]);
  });

  test("tells the last time at which it came true, this moment included", () => {
    const { notAfter } = readCron("0 3 * * *", "UTC", NOW);
    const at = (text: string) => new Date(notAfter(Date.parse(text))!).toISOString();
    expect(at("2026-11-28T08:00:00Z")).toBe("2026-11-28T03:00:00.000Z");
    expect(at("2026-11-28T03:00:00.000Z")).toBe("2026-11-28T03:00:00.000Z");
    expect(at("2026-11-28T03:00:00.400Z")).toBe("2026-11-28T03:00:00.000Z");
    expect(at("2026-11-28T02:59:59.999Z")).toBe("2026-11-27T03:00:00.000Z");
  });

  test("what came true last, and what comes next, have nothing between them", () => {
    const fields = fc.tuple(
      fc.constantFrom("*", "0", "*/15", "7,22", "3-9/3"),
      fc.constantFrom("*", "3", "*/5", "1-4"),
    );
    const zones = fc.constantFrom("UTC", "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia");
    const moments = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 11, 31) });
    fc.assert(
      fc.property(fields, zones, moments, ([minute, hour], zone, moment) => {
        const { after, notAfter } = readCron(`${minute} ${hour} * * *`, zone, NOW);
        const [before, next] = [notAfter(moment)!, after(moment)!];
        expect(before <= moment && moment < next).toBe(true);
        expect(after(before)).toBe(next);
        expect(notAfter(next)).toBe(next);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ["61 * * * *", /^The minute is wrong: "61" .* at character 1 of "61 \* \* \* \*"\.$/],
    ["0 3,25 * * *", /^The hour is wrong: "25" .* at character 5 /],
    ["0 3 1-32 * *", /^The day of month is wrong: "32" .* at character 7 /],
    ["0 3 * 13 *", /^The month is wrong: "13" .* at character 7 /],
    ["0 3 * * MON-", /^The day of week is wrong: something is missing .* at character 13 /],
    ["0 3 * * MON-FUN", /^The day of week is wrong: "FUN" .* at character 13 /],
    ["*/0 * * * *", /^The minute is wrong: "0" .* at character 3 /],
    ["5-1 * * * *", /^The minute is wrong: "1" .* at character 3 /],
    ["0,,5 * * * *", /^The minute is wrong: something is missing .* at character 3 /],
    ["0  3 * * abc", /^The day of week is wrong: "abc" .* at character 10 /],
    ["75 0 3 * * *", /^The second is wrong: "75" .* at character 1 /],
    ["0 3 * *", /five fields.*here are 4, at character 8 /],
    ["0 0 3 * * * 2027", /here are 7, at character 13 /],
    ["", /here are 0/],
    ["@reboot", /cannot be read/],
    ["@sometimes", /cannot be read/],
  ])("that is wrong is refused with the field and the character: %s", (expression, message) => {
    expect(refusal(expression)).toMatch(message);
  });

  test("that is wrong is told in French, too", () => {
    const told = (...wrong: [string, string?]) =>
      failureInFrench({ code: "schedule_invalid", next: "", message: refusal(...wrong) }).message.replaceAll(
        "\u00A0",
        " ",
      );
    expect(told("0 3,25 * * *")).toBe(
      "Le champ « heure » est faux : « 25 » ne convient pas (0-23), au caractère 5 de « 0 3,25 * * * ».",
    );
    expect(told("0 3 * *")).toMatch(/^Une expression cron a cinq champs .* ici il y en a 4, au caractère 8 /);
    expect(told("0 0 30 2 *")).toBe("Il n'y a pas de jour où « 0 0 30 2 * » se réalise.");
    expect(told("* * * * * *")).toBe("« * * * * * * » se réalise deux fois en une minute.");
    expect(told("0 3 * * *", "Mars/Olympus")).toBe("Il n'y a pas de fuseau horaire « Mars/Olympus ».");
  });

  test.each(["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 12 31 FEB *"])(
    "for a day that never comes is refused: %s",
    (day) => {
      expect(refusal(day)).toMatch(/no day on which/);
    },
  );

  test.each(["* * * * * *", "0,30 * * * * *", "*/59 0 3 * * *", "0-1 0 0 1 1 *"])(
    "that comes true twice within a minute is refused: %s",
    (expression) => {
      expect(refusal(expression)).toMatch(/twice within a minute/);
    },
  );

  test.each(["Europe/Pariss", "", "Mars/Olympus"])('of a time zone that does not exist is refused: "%s"', (zone) => {
    expect(refusal("0 3 * * *", zone)).toMatch(/no time zone/);
  });

  test("whatever is written, it is read or refused with a reason", () => {
    const part = fc.stringMatching(/^[-0-9*,/#?LWA-Za-z.@ ]{0,12}$/);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 7 }), (parts) => {
        refusal(parts.join(" "));
      }),
      { numRuns: 500 },
    );
  });
});
