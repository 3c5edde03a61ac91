import type { DatabaseSync } from "node:sqlite";

import { RECORDS_PER_BATCH } from "./index-writer.ts";

/** Where a record's line stands: in a batch as it was when it was read, which `stamp` tells. */
export type Place = Readonly<{ batch: number; stamp: string; start: number; length: number }>;

/** The first record of this id. */
export function findPlace(database: DatabaseSync, id: string): Place | undefined {
  const row = database
    .prepare(
      `SELECT batch.number AS batch, stamp, start, length
       FROM record JOIN batch ON batch.number = record.number / ${RECORDS_PER_BATCH} WHERE id = ? ORDER BY record.number LIMIT 1`,
    )
    .get(id);
  return (
    row && {
      batch: Number(row["batch"]),
      stamp: String(row["stamp"]),
      start: Number(row["start"]),
      length: Number(row["length"]),
    }
  );
}
