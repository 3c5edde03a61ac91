import type { Change } from "../../core/ports/mailbox-source.ts";
import { historyIdOf, type HistoryPage, type MessageChange } from "./calls/history.ts";

/**
 * The changes of a history, page by page as they are pulled, and at the end the cursor to go on from: that of the last page.
 * Never one before `since`. Labels that an entry tells of a message out of its order, or otherwise than another with the
 * same number, may not be the latest: they are undefined.
 */
export async function* tellChanges(
  pages: AsyncIterable<HistoryPage>,
  since: string,
  cursorAt: (historyId: string) => Extract<Change, { change: "cursor" }>,
): AsyncGenerator<Change> {
  let cursor = historyIdOf(since);
  let latest = -1n;
  let told = new Map<string, string>(); // of the latest entry: message → labels
  for await (const { entries, historyId } of pages) {
    for (const { id, changes } of entries) {
      const inOrder = id !== undefined && id >= latest;
      if (inOrder && id > latest) told = new Map();
      if (inOrder) latest = id;
      for (const change of changes) yield inOrder ? agreeing(change, told) : withoutLabels(change);
    }
    if (historyId !== undefined && (cursor === undefined || historyId > cursor)) cursor = historyId;
  }
  yield cursorAt(cursor === undefined ? since : String(cursor));
}

/** The change, without its labels where another of the same entry names others. */
function agreeing(change: MessageChange, told: Map<string, string>): MessageChange {
  if (change.change !== "labels" || change.labelIds === undefined) return change;
  const labels = JSON.stringify(change.labelIds.toSorted());
  const before = told.get(change.ref.id) ?? labels;
  told.set(change.ref.id, labels);
  return before === labels ? change : withoutLabels(change);
}

function withoutLabels(change: MessageChange): MessageChange {
  return change.change === "labels" ? { ...change, labelIds: undefined } : change;
}
