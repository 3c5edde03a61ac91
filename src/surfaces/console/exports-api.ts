import type { z } from "zod";

import type { Export as ExportShape } from "../http/exports/export-view.ts";
import { call } from "./api.ts";

export type Export = Readonly<z.infer<typeof ExportShape>>;

/** Newest first. */
export function listExports(signal: AbortSignal): Promise<readonly Export[]> {
  return call("GET", "/exports", { signal });
}
