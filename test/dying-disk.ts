import { nodeFileSystem, type FileSystem } from "../src/storage/folder/file-system.ts";

/** What everything ends with that is asked of a disk after its end. */
export class Killed extends Error {}

/**
 * The file system of a process that is killed when it has changed a name or synced so often: that much is done, and nothing
 * after it. What was written and not synced stays; a disk that forgets that, too, is in test/power-loss.ts.
 */
export function dyingAt(cutAt: number): Readonly<{ files: FileSystem; count: () => number }> {
  let count = 0;
  const mortal =
    <T extends unknown[], R>(work: (...given: T) => Promise<R>) =>
    (...given: T): Promise<R> => {
      count += 1;
      return count > cutAt ? Promise.reject(new Killed("killed")) : work(...given);
    };
  const files: FileSystem = {
    ...nodeFileSystem,
    rename: mortal(nodeFileSystem.rename),
    unlink: mortal(nodeFileSystem.unlink),
    mkdir: mortal(nodeFileSystem.mkdir),
    syncFolder: mortal(nodeFileSystem.syncFolder),
    open: async (...given) => {
      const file = await nodeFileSystem.open(...given);
      return {
        read: file.read.bind(file),
        stat: file.stat.bind(file),
        chmod: file.chmod.bind(file),
        close: file.close.bind(file),
        sync: mortal(file.sync.bind(file)),
        write: file.write.bind(file),
        datasync: mortal(file.datasync.bind(file)),
        [Symbol.asyncDispose]: () => file.close(),
      };
    },
  };
  return { files, count: () => count };
}
