import type { z } from "zod";

import type { Export as ExportShape } from "../http/exports/export-view.ts";
import { ask, call } from "./api.ts";

export type Export = Readonly<z.infer<typeof ExportShape>>;

type Page = Readonly<{ exports: readonly Export[]; next_cursor: string | null }>;

/** Newest first. */
export async function listExports(signal: AbortSignal): Promise<readonly Export[]> {
  const all: Export[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: Page = await call("GET", `/exports?limit=200${cursor === "" ? "" : `&cursor=${cursor}`}`, { signal });
    all.push(...page.exports);
    cursor = page.next_cursor;
  }
  return all;
}

/** Takes an export that has ended off the list; its files stay. */
export async function removeFromList(id: string): Promise<void> {
  await ask("DELETE", `/exports/${encodeURIComponent(id)}`);
}
