import { LIVE } from "../../../core/export/job.ts";
import type { Export } from "../exports-api.ts";

/** How far a live export is: nothing to measure, messages found so far, or messages done of all. */
export type Gauge =
  | Readonly<{ kind: "none" }>
  | Readonly<{ kind: "found"; found: number }>
  | Readonly<{ kind: "done"; done: number; of: number }>;

export function gaugeOf({ state, progress }: Pick<Export, "state" | "progress">): Gauge {
  if (!isLive({ state })) return { kind: "none" };
  const { stage, listed, exported, gone, failed } = progress;
  if (stage === "starting" || stage === "listing")
    return state === "running" ? { kind: "found", found: listed } : { kind: "none" };
  const done = exported + gone + failed;
  return { kind: "done", done, of: Math.max(listed, done) };
}

/** It may change without anybody doing anything here. */
export function isLive({ state }: Pick<Export, "state">): boolean {
  return LIVE.includes(state);
}
