import * as fc from "fast-check";

import { classify } from "../../src/sources/gmail-api/calls/classify.ts";
import { corpus } from "../corpus.ts";
import { must, type Target } from "../target.ts";

const NOW = Date.UTC(2026, 10, 23);

/** Answers of Gmail's that bring no mail. A first line has the status and what Retry-After says; the body follows. */
export const answer: Target = {
  name: "answer",
  share: 200,
  async open() {
    const { errors, others } = await corpus();
    const statuses = [
      "200 ",
      "400 ",
      "401 ",
      "403 5",
      "404 ",
      "408 ",
      "429 Mon, 23 Nov 2026 10:00:00 GMT",
      "503 0",
      "302 ",
    ];
    return {
      seeds: statuses.flatMap((first) => [...errors, others[0]!].map((body) => Buffer.from(`${first}\n${body}`))),
      shapes: fc
        .tuple(fc.constantFrom(...statuses), fc.json())
        .map(([first, json]) => `${first}\n{"error":{"code":403,"errors":${json},"details":${json},"message":"x"}}`),
      async feed(input) {
        const end = Math.max(0, input.indexOf("\n"));
        const first = input.toString("latin1", 0, end);
        const headers = { "retry-after": first.slice(4) };
        const failure = classify({ status: Number(first.slice(0, 3)) || 200, headers, body: input.subarray(end) }, NOW);
        must(!("at" in failure) || Number.isFinite(failure.at), "a time that is none");
        must(!("unitsPerMinute" in failure) || failure.unitsPerMinute > 0, "a limit that is none");
        return [JSON.stringify(failure)];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
