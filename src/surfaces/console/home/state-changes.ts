import type { Export } from "../exports-api.ts";

type Seen = Pick<Export, "id" | "state">;

/** The exports that are in another state than when they were last seen. One seen for the first time has not changed. */
export function changedSince<Now extends Seen>(before: readonly Seen[], now: readonly Now[]): Now[] {
  const states = new Map(before.map(({ id, state }) => [id, state]));
  return now.filter(({ id, state }) => states.has(id) && states.get(id) !== state);
}
