import type { z } from "zod";

import type { Wish } from "../../../core/export/job.ts";
import type { ExportInFull as ExportInFullShape } from "../../http/exports/export-view.ts";
import { call } from "../api.ts";
import type { Export } from "../exports-api.ts";

export type ExportInFull = Readonly<z.infer<typeof ExportInFullShape>>;

export function readExport(id: string, signal: AbortSignal): Promise<ExportInFull> {
  return call("GET", `/exports/${encodeURIComponent(id)}`, { signal });
}

/** Resolves with the export as it is now; one that runs gets to its new state a moment later. */
export function askOf({ links }: Export, wish: Wish): Promise<Export> {
  return call("POST", links[wish]);
}

/** Where the browser downloads one of its files from. */
export function addressOf({ links }: Export, name: string): string {
  return links.files.replace("{name}", encodeURIComponent(name));
}
