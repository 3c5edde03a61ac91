import { join, sep } from "node:path";

import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = join(import.meta.dirname, "..", "..");

/**
 * Files that start browsers come first, then those that start processes, then those of single modules: the first take
 * longest, and the last file of a run should be a short one, which leaves no core without work. Else vitest's own order: by
 * the durations of the last run, on a fresh machine by size.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own, no array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

/** The folders of files that take long, the longest first. */
const FOLDERS = [join(root, "test", "console"), join(root, "test"), join(root, "fuzz")];

function placeOf({ moduleId }: TestSpecification): number {
  const place = FOLDERS.findIndex((folder) => moduleId.startsWith(folder + sep));
  return place === -1 ? FOLDERS.length : place;
}
