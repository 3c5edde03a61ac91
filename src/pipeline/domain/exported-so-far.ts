import type { Manifest } from "../../core/export/manifest.ts";

/** What an export directory holds in finished batches. */
export type ExportedSoFar = Readonly<{ messages: number; bytes: number; complete: boolean }>;

/** Bytes are those of batches, of the files beside them, of attachments, and of originals that are files of their own. */
export function exportedSoFar({
  batches,
  attachments,
  originals,
  formats = [],
  complete,
}: Pick<Manifest, "batches" | "attachments" | "originals" | "formats" | "complete">): ExportedSoFar {
  const ofBatches = batches
    .flatMap(({ bytes, files = [] }) => [bytes, ...files.map((file) => file.bytes)])
    .reduce((sum, one) => sum + one, 0);
  const ofOriginals = formats.includes("eml") ? (originals?.bytes ?? 0) : 0;
  return {
    messages: batches.reduce((sum, { count }) => sum + count, 0),
    bytes: ofBatches + (attachments?.blobBytes ?? 0) + ofOriginals,
    complete,
  };
}
