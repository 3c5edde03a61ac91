/**
 * Small files for their owner alone: grants, keys, what was learned. Each is there as a whole or not at all, also when
 * the power fails, and no link, named pipe or other thing in its place is followed or waited for. Paths are of this
 * machine. Texts are read as `decodeTextFile` does. Implemented by `storage/folder/private-files.ts`.
 */
export type PrivateFiles = Readonly<{
  /** Makes a folder that only its owner may enter, and those missing above it, or makes an existing one so (0700), whatever the umask. */
  privateFolder(path: string): Promise<void>;
  /** Puts `text` in place of the file (0600); durable when this resolves. Whoever may do so at the same time as others holds a lock first. */
  replaceFile(path: string, text: string): Promise<void>;
  /** Writes a file (0600) where there is none. False: somebody else's stands there, and is kept. */
  createFile(path: string, text: string): Promise<boolean>;
  /** Removes the file, durably; there may be none. */
  removeFile(path: string): Promise<void>;
  /** Reads a file that need not be private. Throws `not_private` where something stands that is no file, and what the system says. */
  readFile(path: string): Promise<string>;
  /**
   * Reads a file of secrets. Throws `not_private` when others than its owner may do so too, or when it is no file of
   * its own; else what the system says, such as `ENOENT`.
   */
  readPrivateFile(path: string): Promise<string>;
}>;
