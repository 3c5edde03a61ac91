import { createHash } from "node:crypto";

import type { Archive, Snapshot } from "../../../core/ports/read-directory.ts";
import { batchNumber, recordLines } from "../../../formats/batch.ts";
import { EML } from "../../../formats/eml-path.ts";
import { tar } from "../../../formats/tar.ts";
import { createHashSet } from "../hash-set.ts";
import { filesInLine } from "../record-files.ts";
import { changedFile } from "./snapshot.ts";

/**
 * A tar, with the manifest last as in the directory: one that was cut off has none. Batches come first, for they tell the
 * hashes of originals: every file that the manifest, a record or its own name tells the hash of is held against it.
 */
export const archiveAsTar: Archive = async (folder, snapshot) => {
  const beside = await snapshot.beside();
  const originals = beside.some(({ file }) => file.startsWith(`${EML}/`)) ? knownOriginals() : undefined;
  const files = [...snapshot.files.slice(0, -1), ...beside, ...snapshot.files.slice(-1)];
  return tar(
    files.map((file) => ({
      path: `${folder}/${file.file}`,
      bytes: file.bytes,
      content: () => readProven(snapshot, file, originals),
    })),
    Date.parse(snapshot.manifest.export_date),
  );
};

/** What the records tell of originals. */
type KnownOriginals = Readonly<{
  add(line: Buffer): void;
  /** False where a record tells another hash of what lies at this path. */
  isSound(path: string, sha256: string): boolean;
}>;

function knownOriginals(): KnownOriginals {
  const known = createHashSet();
  const keyOf = (...parts: string[]): string => createHash("sha256").update(parts.join(" ")).digest("hex");
  return {
    add(line) {
      const { original } = filesInLine(line);
      if (!original) return;
      known.add(keyOf(original.path));
      known.add(keyOf(original.path, original.sha256));
    },
    isSound: (path, sha256) => known.has(keyOf(path, sha256)) || !known.has(keyOf(path)),
  };
}

/** The file's bytes; throws behind the last when they are not those that were written. */
async function* readProven(
  snapshot: Snapshot,
  file: Readonly<{ file: string; bytes: number; sha256?: string }>,
  originals: KnownOriginals | undefined,
): AsyncGenerator<Uint8Array> {
  await using open = await snapshot.open(file);
  const hash = createHash("sha256");
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of open.read(0, file.bytes)) {
      hash.update(chunk);
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    }
  };
  if (originals && batchNumber(file.file)) {
    const passed: Buffer[] = [];
    for await (const line of recordLines(hashed(), (chunk) => passed.push(chunk))) {
      originals.add(line);
      yield* passed.splice(0);
    }
    yield* passed;
  } else yield* hashed();
  const sha256 = hash.digest("hex");
  const isSound = file.sha256 === undefined ? originals?.isSound(file.file, sha256) !== false : sha256 === file.sha256;
  if (!isSound) throw changedFile(file.file);
}
