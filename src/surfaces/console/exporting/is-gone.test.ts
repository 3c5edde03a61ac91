import { expect, test } from "vitest";

import { isGone } from "./is-gone.ts";

const progress = { stage: "done", listed: 9, exported: 9, gone: 0, failed: 0, batches: 1 } as const;
const file = { file: "emails_batch_1.json", count: 9, bytes: 1, sha256: "" };

test("an export that was done and whose directory holds nothing of it is gone; one that found no message is not", () => {
  expect(isGone({ state: "completed", complete: false, files: [], progress })).toBe(true);
  expect(isGone({ state: "completed_with_failures", complete: false, files: [], progress })).toBe(true);
  expect(isGone({ state: "completed", complete: true, files: [file], progress })).toBe(false);
  expect(isGone({ state: "completed", complete: true, files: [], progress: { ...progress, batches: 0 } })).toBe(false);
  expect(isGone({ state: "running", complete: false, files: [], progress })).toBe(false);
});
