import type { Command } from "commander";

import type { Format } from "../../../core/export/format.ts";
import type { ExportRequest } from "../../../core/export/job.ts";
import { atLeastOne, formats, searchText, searchTexts } from "../arguments.ts";

export const BATCH_SIZE = ["--batch-size <n>", "messages a file", atLeastOne, 5_000] as const;

/** What an export brings, as its options say. */
export type ContentOptions = Readonly<{
  maxEmails?: number;
  batchSize: number;
  query?: string;
  label?: readonly string[];
  includeSpamTrash?: boolean;
  attachments?: boolean;
  formats?: readonly Format[];
}>;

/** The same, and where to. */
export type RequestOptions = ContentOptions & Readonly<{ outputDir?: string; was?: string; prune?: boolean }>;

export function addContentOptions(command: Command): Command {
  return command
    .optionsGroup("What to bring:")
    .option("--max-emails <n>", "only the newest n messages", atLeastOne)
    .option("--query <q>", "only what a Gmail search finds", searchText)
    .option("--label <label...>", "only messages with all these labels, by name or id", searchTexts)
    .option("--include-spam-trash", "spam and trash too")
    .option("--attachments", "the contents of attachments too, each once, in files of their own")
    .option(
      "--formats <list>",
      "beside the records, with commas between: mbox, eml (the originals, in one file or a file each), ndjson, parquet (the records, as lines or as columns)",
      formats,
    );
}

export function addRequestOptions(command: Command): Command {
  return addContentOptions(command)
    .option("--prune", "take out for good what is deleted in Gmail, and tell how much that was")
    .optionsGroup("Where to:")
    .option("--output-dir <dir>", "inside EXPORT_DIR (default: EXPORT_DIR/<email>)")
    .option("--was <email>", "a former address of the account, under which that directory was exported")
    .option(...BATCH_SIZE);
}

export function requestIn(account: string, directory: string, options: RequestOptions): ExportRequest {
  const { maxEmails = null, batchSize, query = "", label: labels = [], includeSpamTrash = false } = options;
  return {
    account,
    ...(options.was === undefined ? {} : { was: options.was }),
    directory,
    maxEmails,
    batchSize,
    filter: { query, labels, includeSpamTrash },
    ...(options.attachments && { attachments: true }),
    ...(options.prune && { prune: true }),
    ...(options.formats !== undefined && options.formats.length > 0 && { formats: options.formats }),
  };
}

/** The words of a command line that `requestIn` reads the same of. */
export function wordsOf(options: RequestOptions): readonly string[] {
  const { maxEmails, outputDir, was, batchSize, query, label = [], includeSpamTrash, attachments } = options;
  // With "=": what begins with a dash is a value there, too.
  return [
    ...(maxEmails === undefined ? [] : [`--max-emails=${maxEmails}`]),
    ...(query === undefined ? [] : [`--query=${query}`]),
    ...label.map((one) => `--label=${one}`),
    ...(includeSpamTrash ? ["--include-spam-trash"] : []),
    ...(attachments ? ["--attachments"] : []),
    ...(options.prune ? ["--prune"] : []),
    ...(options.formats && options.formats.length > 0 ? [`--formats=${options.formats.join(",")}`] : []),
    ...(outputDir === undefined ? [] : [`--output-dir=${outputDir}`]),
    ...(was === undefined ? [] : [`--was=${was}`]),
    ...(batchSize === 5_000 ? [] : [`--batch-size=${batchSize}`]),
  ];
}
