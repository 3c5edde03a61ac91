/**
 * What an export can be converted into: of the originals `mbox`, `eml` and `maildir`; of the records `ndjson`, `parquet`
 * and `csv`; `files`, the attachments under names that people can read.
 */
export const TARGETS = ["mbox", "eml", "maildir", "ndjson", "parquet", "csv", "files"] as const;

export type Target = (typeof TARGETS)[number];
