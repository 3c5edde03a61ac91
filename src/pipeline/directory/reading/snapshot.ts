import { createHash } from "node:crypto";

import { failureOf, refuse } from "../../../core/errors.ts";
import type { FinishedFile, OpenFile, Snapshot } from "../../../core/ports/read-directory.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import { ATTACHMENTS, attachmentSha256 } from "../../../formats/attachment-path.ts";
import { CHANGES } from "../../../formats/changes.ts";
import { EML } from "../../../formats/eml-path.ts";
import { MANIFEST } from "../../../formats/manifest.ts";
import { openManifest } from "../manifest-file.ts";

/** What the manifest names, as it is now; undefined when there is no manifest. */
export async function takeSnapshot(storage: Storage): Promise<Snapshot | undefined> {
  const found = await openManifest(storage);
  if (!found) return undefined;
  const { manifest, bytes } = found;
  const itself = { file: MANIFEST, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  return {
    manifest,
    files: [
      ...manifest.batches
        .flatMap((batch) => [batch, ...(batch.files ?? [])])
        .map(({ file, bytes: size, sha256 }) => ({ file, bytes: size, sha256 })),
      ...(manifest.changes ? [{ file: CHANGES, ...manifest.changes }] : []),
      itself,
    ],
    async beside() {
      const files: { file: string; bytes: number; sha256?: string }[] = [];
      const folders = [...(manifest.attachments ? [ATTACHMENTS] : []), ...(manifest.originals ? [EML] : [])];
      for (const folder of folders)
        for await (const name of storage.namesIn(folder)) {
          const sha256 = attachmentSha256(name);
          if (folder === ATTACHMENTS && sha256 === undefined) continue;
          await using content = await storage.open(name);
          if (content) files.push({ file: name, bytes: content.bytes, ...(sha256 !== undefined && { sha256 }) });
        }
      return files.toSorted((a, b) => (a.file < b.file ? -1 : 1));
    },
    open: (file) => (file.file === MANIFEST ? inMemory(bytes) : openBatch(storage, file)),
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

async function openBatch(storage: Storage, { file, bytes }: Pick<FinishedFile, "file" | "bytes">): Promise<OpenFile> {
  const path = `${storage.place}/${file}`;
  const content = await storage.open(file).catch((error: unknown) => {
    throw failureOf(error)?.code === "directory_damaged" ? changedFile(path, error) : error; // a link, a named pipe, …
  });
  if (!content) throw changedFile(path);
  if (content.bytes !== bytes) {
    await content[Symbol.asyncDispose]();
    throw changedFile(path);
  }
  return {
    async *read(start, end) {
      let left = end - start;
      for await (const chunk of content.read(start, end)) {
        left -= chunk.length;
        yield chunk;
      }
      if (left > 0) throw changedFile(path);
    },
    [Symbol.asyncDispose]: () => content[Symbol.asyncDispose](),
  };
}

export function changedFile(path: string, cause?: unknown): Error {
  return refuse(
    "directory_damaged",
    `${path} is not what the manifest says.`,
    "Ask again, in case it was just replaced; if that does not help, `gmail-export verify` names what is wrong in the directory.",
    { cause },
  );
}
