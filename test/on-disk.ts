import { systemClock } from "../src/clock.ts";
import { createReadBatches } from "../src/pipeline/directory/reading/read-batches.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { createReadRecordContent } from "../src/pipeline/directory/reading/record-content.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { fileLock } from "../src/storage/folder/lock.ts";

/** Export directories as `main.ts` reads them, on this machine's file system. */
const storages = folderStorage(fileLock(systemClock));
export const readDirectory = createReadDirectory(storages);
export const readBatches = createReadBatches(storages);
export const readRecordContent = createReadRecordContent(storages);
