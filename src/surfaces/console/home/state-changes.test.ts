import { expect, test } from "vitest";

import { changedSince } from "./state-changes.ts";

test("an export has changed when its state is another, not when it is new or has only come further", () => {
  const before = [
    { id: "a", state: "running" },
    { id: "b", state: "running" },
  ] as const;
  const now = [
    { id: "c", state: "queued" },
    { id: "a", state: "completed" },
    { id: "b", state: "running" },
  ] as const;
  expect(changedSince(before, now)).toEqual([{ id: "a", state: "completed" }]);
});
