import { createHash } from "node:crypto";

import { failureOf, refuse } from "../../../core/errors.ts";
import type { ReadDirectory } from "../../../core/ports/read-directory.ts";
import type { OpenStorage } from "../../../core/ports/storage.ts";
import { scanRecords } from "../../../formats/batch.ts";
import { finishedRecords } from "../finished-records.ts";
import { changesInJournal, readJournal } from "../journal.ts";
import { openManifest } from "../manifest-file.ts";
import { takeSnapshot } from "./snapshot.ts";

/** Reads export directories without holding them. */
export function createReadDirectory(storages: OpenStorage): ReadDirectory {
  return {
    manifest: async (path) => (await openManifest(storages(path)))?.manifest,
    async rewritten(path) {
      const journal = await readJournal(
        storages(path),
        () => {},
        () => {},
        () => {},
      );
      return journal?.rewritten.map(({ entry }) => entry) ?? [];
    },
    changesUnderWay: (path) => changesInJournal(storages(path)),
    snapshot: (path) => takeSnapshot(storages(path)),
    async files(path) {
      const entries = await storages(path).list();
      if (!entries)
        throw refuse(
          "directory_damaged",
          `There is no directory ${path}.`,
          "Check the path: it is printed when an export ends.",
        );
      // Another user's file is a file nobody promised; folders and the like may hold what they want.
      return entries
        .filter(({ name, odd }) => !name.startsWith(".") && (odd === undefined || odd.endsWith("file")))
        .map(({ name, growing }) => (growing ? `${name}.part` : name));
    },
    filesIn: (path, folder) => storages(path).namesIn(folder),
    open: (path, file) => storages(path).open(file),
    async hash(path, file) {
      await using content = await storages(path).open(file);
      if (!content) return undefined;
      const hash = createHash("sha256");
      let bytes = 0;
      for await (const chunk of content.read()) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      return { file, bytes, sha256: hash.digest("hex") };
    },
    records: (path, batch) => finishedRecords(storages(path), batch),
    async batch(path, file, onRecord) {
      const opened = await storages(path)
        .open(file)
        .catch((error: unknown) => {
          if (failureOf(error)?.code === "directory_damaged") return "odd" as const; // a link, a named pipe, …
          throw error;
        });
      if (opened === "odd") return { file, count: 0, bytes: 0, sha256: "", whole: false };
      await using content = opened;
      return content && { file, ...(await scanRecords(content.read(), (line) => onRecord(line.toString()))) };
    },
  };
}
