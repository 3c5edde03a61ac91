import type { ExportInFull } from "./api.ts";

/** An export that was completed always leaves a manifest: where its directory holds none of it, that is gone. */
export function isGone({
  state,
  complete,
  files,
  progress,
}: Pick<ExportInFull, "state" | "complete" | "files" | "progress">): boolean {
  const isDone = state === "completed" || state === "completed_with_failures";
  return isDone && !complete && files.length === 0 && progress.batches > 0;
}
