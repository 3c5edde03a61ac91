import type { ZodType } from "zod";

/** Those values that are what they should be, by name; what is damaged is worth nothing, and is left out. */
export function validEntries<T>(
  entries: Iterable<readonly [name: string, value: unknown]>,
  shape: ZodType<T>,
): ReadonlyMap<string, T> {
  const found = Array.from(entries, ([name, value]) => ({ name, ...shape.safeParse(value) }));
  return new Map(found.flatMap(({ name, data }) => (data === undefined ? [] : [[name, data] as const])));
}
