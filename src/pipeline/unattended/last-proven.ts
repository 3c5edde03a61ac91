import type { JobPosition, JobQueue } from "../../core/ports/job-queue.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Proof } from "./read-proof.ts";

/** Up to when a directory was last proven complete, by the newest export that has it. */
export type LastProven = Readonly<{ exportId: string; provenAt: EpochMs }>;

/** Exports that are looked through, newest first: a scrape must stay cheap however long the list grows. */
const MOST_EXPORTS = 1_000;
const PAGE = 200;

/** Of each directory that one of the newest exports has, and that was ever proven. */
export async function readLastProven(
  queue: Pick<JobQueue, "list">,
  readProof: (directory: string) => Promise<Proof | undefined>,
): Promise<readonly LastProven[]> {
  const newest = await newestByDirectory(queue);
  const found = await Promise.all(
    [...newest].map(async ([directory, exportId]) => {
      const provenAt = (await readProof(directory))?.provenAt;
      return provenAt === undefined ? [] : [{ exportId, provenAt }];
    }),
  );
  return found.flat();
}

async function newestByDirectory(queue: Pick<JobQueue, "list">): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, string>();
  let after: JobPosition | undefined;
  for (let seen = 0; seen < MOST_EXPORTS; seen += PAGE) {
    const { exports, next } = await queue.list(PAGE, after);
    for (const { id, request } of exports) if (!newest.has(request.directory)) newest.set(request.directory, id);
    if (next === undefined) break;
    after = next;
  }
  return newest;
}
