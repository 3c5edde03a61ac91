import { z } from "zod";

import { isMoment } from "../../core/time.ts";

/** A row of a database, as its driver gives it. */
export type StoredRow = Readonly<Record<string, null | number | bigint | string | boolean | Uint8Array>>;

export const moment = z.number().refine(isMoment);

/** What a text holds; undefined where it is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
