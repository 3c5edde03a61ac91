import type { z } from "zod";

import type { Estimate as EstimateShape, Started } from "../../http/exports/export-routes.ts";
import { call } from "../api.ts";
import { bodyOf, type Draft } from "./form.ts";

export type Estimate = Readonly<z.infer<typeof EstimateShape>>;

/** Lists the mailbox, which takes a while for a large one; when the signal aborts, the server stops too. */
export function estimate(draft: Draft, exportDir: string, signal: AbortSignal): Promise<Estimate> {
  return call("POST", "/exports/estimate", { body: { ...bodyOf(draft, exportDir), sizes: true }, signal });
}

export function start(draft: Draft, exportDir: string): Promise<Readonly<z.infer<typeof Started>>> {
  return call("POST", "/export/gmail", { body: bodyOf(draft, exportDir) });
}
