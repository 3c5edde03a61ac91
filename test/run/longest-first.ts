import { join, sep } from "node:path";

import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = join(import.meta.dirname, "..", "..");

/**
 * Files that start processes and browsers come before those of single modules: they take longest, and the last file of a
 * run should be a short one, which leaves no core without work. Else vitest's own order: by the durations of the last run,
 * on a fresh machine by size.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own, no array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => Number(startsProcesses(b)) - Number(startsProcesses(a)));
  }
}

function startsProcesses({ moduleId }: TestSpecification): boolean {
  return ["test", "fuzz"].some((folder) => moduleId.startsWith(join(root, folder) + sep));
}
