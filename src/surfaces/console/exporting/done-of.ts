import type { Export } from "../exports-api.ts";

/** How far an export is: nothing known yet, messages found so far, or how many of all it is done with (0 to 1 in `part`). */
export type DoneOf = Readonly<
  { kind: "unknown" } | { kind: "found"; found: number } | { kind: "done"; done: number; of: number; part: number }
>;

/** It is done with what is gone from Gmail, too, but not with what has failed. All is said to be done only when it is. */
export function doneOf({ state, progress }: Pick<Export, "state" | "progress">): DoneOf {
  const { stage, listed, exported, gone } = progress;
  if (stage === "starting") return { kind: "unknown" };
  if (stage === "listing") return state === "running" ? { kind: "found", found: listed } : { kind: "unknown" };
  const done = exported + gone;
  const of = Math.max(listed, done);
  const part = of === 0 ? 1 : done / of;
  return { kind: "done", done, of, part: done === of ? 1 : Math.min(part, 0.99) };
}
