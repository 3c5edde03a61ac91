import { expect, test } from "vitest";

import type { ChangeEntry } from "../../core/export/change.ts";
import { findChanges } from "./find-changes.ts";

const at = "2026-11-03T02:00:00.000Z";

test("a label that was made since the run before has its name also where a message got it in the same run", async () => {
  const changes: ChangeEntry[] = [
    { at: "2026-11-01T09:00:00.000Z", change: "begun", historyId: "1", names: [] },
    { at, id: "18c1", change: "labels", labels: ["Label_7"], labelsBefore: ["INBOX"], historyId: "2" },
    { at, change: "label", label: "Label_7", name: "Zebra", was: null },
    { at, change: "label", label: "Label_7", name: "Okapi", was: "Zebra" },
  ];
  const readAll = async function* () {
    yield* changes;
  };
  const { found } = await findChanges(readAll, { since: undefined, search: "zebra 18c1" }, 10);
  expect(found).toMatchObject([{ number: 2, labelNames: ["Zebra"], labelNamesBefore: ["INBOX"] }]);
});
