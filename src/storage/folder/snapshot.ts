import { createHash } from "node:crypto";
import { constants, open as openFile } from "node:fs/promises";
import { join } from "node:path";

import type { FinishedFile, OpenFile, Snapshot } from "../../core/directory.ts";
import { refuse } from "../../core/errors.ts";
import { onDisk } from "./disk.ts";
import { MANIFEST, readManifestFile } from "./manifest-file.ts";

const CHUNK = 256 << 10;

/** What the manifest names, as it is now; undefined when there is no manifest. */
export async function takeSnapshot(folder: string): Promise<Snapshot | undefined> {
  const found = await readManifestFile(folder);
  if (!found) return undefined;
  const { manifest, bytes } = found;
  const itself = { file: MANIFEST, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  return {
    manifest,
    files: [...manifest.batches.map(({ file, bytes: size, sha256 }) => ({ file, bytes: size, sha256 })), itself],
    open: (file) => (file.file === MANIFEST ? inMemory(bytes) : openBatch(folder, file)),
  };
}

/** The manifest may have been replaced since; the snapshot's own is served. */
async function inMemory(bytes: Buffer): Promise<OpenFile> {
  return {
    async *read(start, end) {
      yield bytes.subarray(start, end);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** A link in a batch's place is not followed: it could lead to any file of this machine. */
async function openBatch(folder: string, { file, bytes }: FinishedFile): Promise<OpenFile> {
  const path = join(folder, file);
  const handle = await onDisk(path, async () =>
    openFile(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" || error.code === "ELOOP" ? changed(path) : error;
    }),
  );
  const found = await handle.stat();
  if (!found.isFile() || found.size !== bytes) {
    await handle.close();
    throw changed(path);
  }
  return {
    async *read(start, end) {
      for (let at = start; at < end;) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
        if (bytesRead === 0) throw changed(path);
        yield chunk.subarray(0, bytesRead);
        at += bytesRead;
      }
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

export function changed(path: string): Error {
  return refuse(
    "directory_damaged",
    `${path} is not what the manifest says.`,
    "Ask again, in case it was just replaced; if that does not help, `gmail-export verify` names what is wrong in the directory.",
  );
}
