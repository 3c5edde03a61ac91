import { createHash, type Hash } from "node:crypto";

import { sameAccount } from "../core/account.ts";
import { DERIVED_FORMATS, type DerivedFormat } from "../core/export/format.ts";
import type { BatchEntry, BatchFile, Manifest } from "../core/export/manifest.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";
import { batchNumber } from "../formats/batch.ts";
import { MANIFEST } from "../formats/manifest.ts";
import { readNdjson } from "../formats/ndjson.ts";
import { parquetGist, readParquet } from "../formats/parquet.ts";
import type { Find } from "./verify.ts";

/** What is held against the files that are made of records: the records of a batch, told one after another. */
export type DerivedCheck = Readonly<{
  /** `text` is the record's line, `record` what it says. */
  record(text: string, record: unknown): void;
  /**
   * Reads what was made of the records told since the last time: they are those of this batch. They say nothing where the
   * batch is not `sound`.
   */
  read(batch: BatchEntry, sound: boolean): Promise<void>;
}>;

/** Each file that is made of a batch must be there, have its hash, and say what its records do. */
export function checkDerived(
  path: string,
  { email, formerly = [], formats = [], complete }: Manifest,
  directory: ReadDirectory,
  find: Find,
  signal: AbortSignal,
): DerivedCheck {
  const wanted = DERIVED_FORMATS.filter((one) => formats.includes(one));
  const told = new Map<DerivedFormat, { hash: Hash; count: number }>();
  const tell = (format: DerivedFormat, says: string): void => {
    const so = told.get(format) ?? { hash: createHash("sha256"), count: 0 };
    so.hash.update(says).update("\n");
    so.count += 1;
    told.set(format, so);
  };

  /** What a file says, as it was told of the records; undefined when it is not one of its kind, or of another batch. */
  const readFile = async (
    { format, bytes }: BatchFile,
    read: (start?: number, end?: number) => AsyncIterable<Buffer>,
    batch: number,
    expected: number,
  ): Promise<{ hash: Hash; count: number } | undefined> => {
    const hash = createHash("sha256");
    const add = (says: string): void => {
      signal.throwIfAborted();
      hash.update(says).update("\n");
    };
    if (format === "parquet") {
      return (await readParquet({ bytes, read }, expected, add)) ? { hash, count: expected } : undefined;
    }
    const found = await readNdjson(read(), (line) => add(line.toString()));
    const head = Object(found?.head);
    const isOurs =
      typeof head.email === "string" &&
      [email, ...formerly].some((one) => sameAccount(one, head.email)) &&
      head.batch === batch;
    return found && isOurs ? { hash, count: found.count } : undefined;
  };

  return {
    record(text, record) {
      if (wanted.includes("ndjson")) tell("ndjson", text);
      if (wanted.includes("parquet")) tell("parquet", parquetGist(record));
    },
    async read({ file: batch, files = [] }, sound) {
      for (const format of wanted) {
        const expected = told.get(format);
        const file = files.find((one) => one.format === format);
        if (!file) {
          // Where an export is unfinished it is still to be made.
          if (complete) find("malformed", MANIFEST, `names ${batch} without its ${format}`);
          continue;
        }
        const whole = await directory.hash(path, file.file);
        if (!whole) find("missing", file.file, "is in the manifest, but not on the disk");
        else if (whole.sha256 !== file.sha256 || whole.bytes !== file.bytes)
          find("changed", file.file, `${whole.bytes} bytes where ${file.bytes} were written, or other ones`);
        else if (sound) {
          await using content = await directory.open(path, file.file);
          const found =
            content && (await readFile(file, content.read, batchNumber(batch)?.number ?? 0, expected?.count ?? 0));
          if (found?.count !== expected?.count || found?.hash.digest("hex") !== expected?.hash.digest("hex"))
            find("changed", file.file, `is not what the records of ${batch} say`);
        }
      }
      told.clear();
    },
  };
}
