import type { z } from "zod";

import type { Work as WorkShape } from "../../http/operations/work-routes.ts";
import { call } from "../api.ts";

export type Work = Readonly<z.infer<typeof WorkShape>>;

export function readWork(signal: AbortSignal): Promise<Work> {
  return call("GET", "/work", { signal });
}
