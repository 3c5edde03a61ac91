import { Conflict } from "./failures.ts";
import type { Objects } from "./requests/objects.ts";
import { Unsupported } from "./requests/objects.ts";

/** What is put to find something out, and taken away again. */
const PROBE = ".probe";

/**
 * Finds out whether a server writes only where a condition holds (If-None-Match, If-Match), and with it that it lets us
 * write at all. One that does not know such a condition refuses it, or, worse, writes.
 */
export async function findConditions(objects: Objects, folder: string, mark: string): Promise<boolean> {
  const key = `${folder}${PROBE}-${mark}`;
  const bytes = Buffer.from(mark);
  await objects.put(key, bytes);
  try {
    for (const condition of [{ absent: true } as const, { etag: "0123456789abcdef0123456789abcdef" }])
      try {
        await objects.put(key, bytes, { condition });
        return false;
      } catch (error) {
        if (error instanceof Unsupported) return false;
        if (!(error instanceof Conflict)) throw error;
      }
    return true;
  } finally {
    await objects.remove(key);
  }
}
