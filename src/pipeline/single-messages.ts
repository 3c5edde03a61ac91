import type { Conversation } from "../core/mail/ref.ts";

/** Messages that are to be read each by itself. */
export type SingleMessages = Readonly<{
  /** Those of one more batch: the id of each, and then that of its conversation. */
  addBatch(ids: readonly string[]): void;
  count(): number;
  list(): Iterable<Conversation>;
}>;

/** Ids are kept as JSON, batch by batch: a million of them are to take no more than they must. */
export function createSingleMessages(): SingleMessages {
  const batches: string[] = [];
  let count = 0;
  return {
    addBatch(ids) {
      count += ids.length / 2;
      batches.push(JSON.stringify(ids));
    },
    count: () => count,
    *list() {
      for (const batch of batches) {
        const ids: string[] = JSON.parse(batch);
        for (let n = 0; n < ids.length; n += 2) yield { threadId: ids[n + 1]!, ids: [ids[n]!] };
      }
    },
  };
}
