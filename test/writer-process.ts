import { Readable } from "node:stream";

import { systemClock } from "../src/clock.ts";
import { failureOf, HoldLost } from "../src/core/errors.ts";
import type { ExportDirectory, Purpose } from "../src/core/ports/export-directory.ts";
import { NOTHING_SPENT } from "../src/core/quota.ts";
import { Secret } from "../src/core/secret.ts";
import { createOpenDirectory } from "../src/pipeline/directory/open-directory.ts";
import { openDatabase } from "../src/state/postgres/database.ts";
import { postgresHolds } from "../src/state/postgres/holds.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { exported, listTo, PURPOSE } from "./directories.ts";

/**
 * What the process is told: on which database and in which folder, and how many messages there are. Of them it writes `most`
 * where that is given, and then the manifest, again and again, for as long as it may.
 */
export type WriterTask = Readonly<{
  database: string;
  directory: string;
  messages: number;
  most?: number;
  times: Parameters<typeof postgresHolds>[2] & object;
}>;

const ASKED: Purpose = { ...PURPOSE, formats: ["eml", "mbox", "ndjson"] };

/** Where it is one of several, it is a process's whole work: it waits for the directory, and writes what is left to write. */
export async function writeExport(
  { database: url, directory, messages, most = Infinity, times }: WriterTask,
  tell: (line: string) => void,
): Promise<void> {
  await using database = openDatabase(new Secret(url), systemClock);
  const storages = folderStorage(postgresHolds(database, systemClock, times));
  const open = createOpenDirectory(storages, systemClock, "gmail-export test");
  for (;;) {
    try {
      await using held = await open(directory, ASKED, () => NOTHING_SPENT, new AbortController().signal);
      tell("holds it");
      if (held.listedAt === undefined) await listTo(held, messages);
      let written = 0;
      for (const id of held.ledger.ids("pending")) {
        if (written >= most) for (;;) await held.checkpoint();
        written += 1;
        await write(held, id);
        tell(`wrote ${id}`);
      }
      await held.commit();
      return tell("committed");
    } catch (error) {
      if (error instanceof HoldLost) return tell("lost it");
      const { code } = failureOf(error) ?? {};
      if (code !== "directory_busy" && code !== "database") throw error;
    }
  }
}

async function write(directory: ExportDirectory, id: string): Promise<void> {
  const raw = Buffer.from(`Subject: ${id}\r\n\r\nFrom ${id}\r\n`);
  const original = await directory.keep.original(id, Readable.from([raw]), () => undefined);
  const ended = exported(id);
  if (ended.outcome !== "exported") throw new RangeError(id);
  await directory.write([{ ...ended, record: { ...ended.record, Original: original } }]);
  await directory.checkpoint();
}

if (process.argv[2] !== undefined)
  await writeExport(JSON.parse(process.argv[2]), (line) => process.stdout.write(`${line}\n`));
