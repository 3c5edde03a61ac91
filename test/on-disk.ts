import { systemClock } from "../src/clock.ts";
import { createReadBatches } from "../src/pipeline/directory/reading/read-batches.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { createReadRecordContent } from "../src/pipeline/directory/reading/record-content.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";

/** Export directories as `main.ts` reads them, on this machine's file system. */
const storages = folderStorage(fileHolds(systemClock));
export const readDirectory = createReadDirectory(storages);
export const readBatches = createReadBatches(storages);
export const readRecordContent = createReadRecordContent(storages);
