import { createHash } from "node:crypto";

import type { Archive, FinishedFile, Snapshot } from "../../../core/ports/read-directory.ts";
import { tar } from "../../../formats/tar.ts";
import { changedFile } from "./snapshot.ts";

/** A tar, with the manifest last as in the directory: one that was cut off has none. */
export const archiveAsTar: Archive = async (folder, snapshot) => {
  const beside = await snapshot.beside();
  return tar(
    [...snapshot.files.slice(0, -1), ...beside, ...snapshot.files.slice(-1)].map((file) => ({
      path: `${folder}/${file.file}`,
      bytes: file.bytes,
      content: () => readProven(snapshot, file),
    })),
    Date.parse(snapshot.manifest.export_date),
  );
};

/** The file's bytes; throws behind the last when they are not those that the manifest knows. */
async function* readProven(
  snapshot: Snapshot,
  file: Pick<FinishedFile, "file" | "bytes"> & Readonly<{ sha256?: string }>,
): AsyncGenerator<Uint8Array> {
  await using open = await snapshot.open(file);
  const hash = createHash("sha256");
  for await (const chunk of open.read(0, file.bytes)) {
    hash.update(chunk);
    yield chunk;
  }
  if (file.sha256 !== undefined && hash.digest("hex") !== file.sha256) throw changedFile(file.file);
}
