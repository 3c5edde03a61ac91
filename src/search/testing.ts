import { join } from "node:path";

import { manualClock } from "../../test/manual-clock.ts";
import { readBatches } from "../../test/on-disk.ts";
import { scratchFolder } from "../../test/scratch.ts";
import { ALL } from "../../test/written-export.ts";
import type { ReadBatches, RecordQuestion, Records } from "../core/ports/records.ts";
import { indexedRecords } from "./indexed-records.ts";

/** A directory, and an index of it that can be closed and opened again. */
export async function stage(reading: ReadBatches = readBatches) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratchFolder());
  const manual = manualClock();
  const slept: number[] = [];
  const clock = {
    ...manual,
    sleep: (ms: number, signal?: AbortSignal) => (slept.push(ms), manual.sleep(ms, signal)),
  };
  const index = join(folder.path, "index");
  const opened = new Set<Records>();
  const open = (): Records => {
    const records = indexedRecords(index, reading, clock);
    opened.add(records);
    return records;
  };
  stack.defer(async () => {
    for (const one of opened) await one.close();
  });
  const directory = join(folder.path, "data");
  const of = { directory, owns: () => true };
  const records = open();
  const ids = async (question: Partial<RecordQuestion> = {}, from = records): Promise<string[]> =>
    (await from.page(of, { ...ALL, ...question }, 200)).records.map(({ id }) => id).toSorted();
  const ours = stack.move();
  return { directory, index, clock, slept, of, open, records, ids, [Symbol.asyncDispose]: () => ours.disposeAsync() };
}

/** How far the index is when all files have been looked at. */
export const settled = (files: number, of = files) => ({ files, of, complete: true });
