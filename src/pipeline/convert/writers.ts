import { isInBucket } from "../../core/export/place.ts";
import type { Target } from "../../core/export/target.ts";
import type { OutputFolder } from "../../core/ports/output-folder.ts";
import type { ReadDirectory } from "../../core/ports/read-directory.ts";
import type { EpochMs } from "../../core/time.ts";
import { attachmentPath } from "../../formats/attachment-path.ts";
import { csv } from "../../formats/csv.ts";
import { EML, emlPath } from "../../formats/eml-path.ts";
import { attachmentFileName, safeFileName } from "../../formats/file-names.ts";
import { maildirFlags, maildirFolder, maildirName, placesOf, SUBFOLDERS, withKeywords } from "../../formats/maildir.ts";
import { mboxEntry, type Dialect, type MboxHead } from "../../formats/mbox.ts";
import { ndjson } from "../../formats/ndjson.ts";
import { parquet } from "../../formats/parquet.ts";
import { createNames, createNaming } from "./names.ts";
import { fileBytes, type Mail } from "./read-mail.ts";

/** How a target is written, where it can be in more than one way. */
export type Manner = Readonly<{
  /** mbox: a file for each label. */
  perLabel: boolean;
  /** mbox. */
  dialect: Dialect;
  /** Maildir: one folder, with the labels in a header line. */
  flat: boolean;
}>;

/** Whose export it is, where it lies, and which of its messages were answered. */
type Source = Readonly<{
  path: string;
  directory: Pick<ReadDirectory, "open">;
  email: string;
  isAnswered: (messageId: string) => boolean;
}>;

type Write = (mail: AsyncIterable<Mail>, output: OutputFolder, manner: Manner, source: Source) => Promise<void>;

/** Writes messages into a folder, one after another. */
export const WRITERS: Readonly<Record<Target, Write>> = {
  mbox: async (mail, output, { perLabel, dialect }) => {
    if (!perLabel) {
      const entries = async function* (): AsyncGenerator<Buffer> {
        for await (const { record, original } of mail)
          if (original) yield* mboxEntry(headOf(record), original(), dialect);
      };
      return output.write("mail.mbox", entries());
    }
    const nameOf = createNaming((label) => `${safeFileName(label.replaceAll("/", "-")) || "_"}.mbox`);
    for await (const { record, original } of mail)
      if (original)
        for (const label of placesOf(record.Labels, record["Label-Names"]))
          await output.append(nameOf(label), mboxEntry(headOf(record), original(), dialect));
  },

  eml: async (mail, output) => {
    for await (const { record, original } of mail) {
      const name = emlPath(record["Message-ID"], record["Internal-Date"]).slice(EML.length + 1);
      if (original) await output.write(name, original(), momentOf(record));
    }
  },

  maildir: async (mail, output, { flat }, { isAnswered }) => {
    const folderOf = createNaming(maildirFolder, (folder, number) => `${folder}_${number}`);
    const made = new Set<string>();
    const open = async (folder: string): Promise<string> => {
      const within = folder === "" ? "" : `${folder}/`;
      if (made.has(folder)) return within;
      made.add(folder);
      for (const name of SUBFOLDERS) await output.makeFolder(within + name);
      if (folder !== "") await output.write(`${folder}/maildirfolder`, []); // Maildir++ knows its folders by this
      return within;
    };
    await open("");
    for await (const { record, original } of mail) {
      if (!original) continue;
      const { "Message-ID": id, Labels: labels, "Label-Names": names, Original: told } = record;
      const flags = maildirFlags(labels, isAnswered(record["RFC822-Message-ID"]));
      const name = `cur/${maildirName(id, momentOf(record), flat ? undefined : told?.bytes, flags)}`;
      if (flat) {
        await output.write(name, withKeywords(names, original()), momentOf(record));
        continue;
      }
      const [first = "", ...others] = placesOf(labels, names).map(folderOf);
      const written = (await open(first)) + name;
      await output.write(written, original(), momentOf(record));
      for (const folder of others) await output.link((await open(folder)) + name, written);
    }
  },

  ndjson: (mail, output, _, { email }) =>
    output.write(
      "mail.ndjson.gz",
      ndjson(
        { email, batch: null, version: 1 },
        each(mail, ({ line }) => line),
      ),
    ),

  parquet: (mail, output) => output.write("mail.parquet", parquet(each(mail, ({ line }) => line))),

  csv: (mail, output) => output.write("mail.csv", csv(each(mail, ({ record }) => record))),

  files: async (mail, output, _, { path, directory }) => {
    const names = createNames();
    for await (const { record } of mail)
      for (const attachment of record.Attachments) {
        if (attachment.sha256 === undefined) continue;
        const name = names.take(attachmentFileName(record, attachment));
        const file = attachmentPath(attachment.sha256);
        if (isInBucket(path)) await output.write(name, fileBytes(path, file, directory));
        else await output.linkFrom(name, `${path}/${file}`);
      }
  },
};

function headOf(record: Mail["record"]): MboxHead {
  const { "Message-ID": id, "Thread-ID": threadId, "Label-Names": labelNames } = record;
  return { id, threadId, labelNames, internalDate: momentOf(record) };
}

function momentOf({ "Internal-Date": date }: Mail["record"]): EpochMs | undefined {
  return date === "" ? undefined : Date.parse(date);
}

async function* each<T>(mail: AsyncIterable<Mail>, pick: (mail: Mail) => T): AsyncGenerator<T> {
  for await (const one of mail) yield pick(one);
}
