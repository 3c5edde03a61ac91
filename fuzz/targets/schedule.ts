import * as fc from "fast-check";

import { readCron } from "../../src/pipeline/unattended/cron.ts";
import { must, type Target } from "../target.ts";

const NOW = Date.UTC(2026, 10, 28, 12, 0, 30);

const field = fc.constantFrom("*", "0", "5", "*/7", "1-5", "L", "15W", "FRI#2", "JAN", "59", "1,31", "?", "60");

/** When exports begin by themselves: a cron expression, and in the line below a time zone. */
export const schedule: Target = {
  name: "schedule",
  share: 40,
  async open() {
    return {
      seeds: [
        "0 3 * * *\nEurope/Paris",
        "*/10 0 3 * * *\nUTC",
        "0 0 L * FRI#2\nAmerica/New_York",
        "30 2 29 2 *\nAsia/Kathmandu",
        "@weekly\nAustralia/Lord_Howe",
        "0 0 31 2 *\nUTC",
      ].map((text) => Buffer.from(text)),
      shapes: fc
        .tuple(fc.array(field, { minLength: 4, maxLength: 7 }), fc.constantFrom("UTC", "Europe/Paris", "Nowhere/Here"))
        .map(([fields, zone]) => `${fields.join(" ")}\n${zone}`),
      async feed(input) {
        const [expression = "", zone = ""] = input.toString().split("\n");
        const occurrences = readCron(expression, zone, NOW);
        let at: number | undefined = NOW;
        for (let n = 0; n < 4 && at !== undefined; n += 1) {
          const next: number | undefined = occurrences.after(at);
          must(
            next === undefined || (Number.isFinite(next) && next > at),
            "an occurrence that is not after the one before",
          );
          if (next !== undefined) must((occurrences.notAfter(next) ?? 0) <= next, "the last one before lies after");
          at = next;
        }
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
