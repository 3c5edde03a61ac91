import { refuse, type ExportError } from "../../core/errors.ts";

/** Why a state cannot be moved now. */
export function inUse(place: string): ExportError {
  return refuse(
    "not_in_this_state",
    `A server, a worker or another command of gmail-export is at work on ${place}.`,
    "Stop it, on every machine. One that was killed is waited for: try again in a minute.",
  );
}
