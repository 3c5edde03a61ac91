import { expect, test } from "vitest";

import type { Failure } from "../errors.ts";
import { afterFailure } from "./after-failure.ts";

const NOW = Date.UTC(2026, 10, 23, 9, 30); // 01:30 in California
const said = { message: "It happened.", next: "Do this." };

test.each<[string, Failure, unknown]>([
  ["a person must act", { ...said, retry: "never", code: "disk" }, { what: "end" }],
  ["a consent is needed", { ...said, retry: "sign_in", code: "consent_revoked" }, { what: "sign_in" }],
  ["it passes", { ...said, retry: "backoff", code: "network" }, { what: "wait", until: NOW + 60_000 }],
  ["the database was away", { ...said, retry: "backoff", code: "database" }, { what: "wait", until: NOW + 5_000 }],
  [
    "Google says until when",
    { ...said, retry: "wait", code: "locked_out", at: NOW + 5_000 },
    { what: "wait", until: NOW + 5_000 },
  ],
  ["that time is over", { ...said, retry: "wait", code: "locked_out", at: 1 }, { what: "wait", until: NOW + 500 }],
  ["another writes there", { ...said, retry: "never", code: "directory_busy" }, { what: "wait", until: NOW + 60_000 }],
  [
    "the day's quota is spent",
    { ...said, retry: "never", code: "daily_limit" },
    { what: "wait", until: Date.UTC(2026, 10, 24, 8, 1) },
  ],
])("when %s", (_, failure, after) => {
  expect(afterFailure(failure, NOW)).toEqual(after);
});
