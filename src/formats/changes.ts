import { z } from "zod";

import type { ChangeEntry } from "../core/export/change.ts";
import { linesIn } from "./lines.ts";

/**
 * changes.ndjson (docs/format.md §6.1): a line of JSON for each change, which only ever grows. Behind what the manifest
 * has the hash of may stand the lines of a run that broke off before it wrote that.
 */
export const CHANGES = "changes.ndjson";

const at = z.iso.datetime();
const id = z.string().min(1);
const labels = z.array(z.string()).readonly();

/** A change, as a line of the file says it. */
export const changeShape = z.discriminatedUnion("change", [
  z.object({
    at,
    change: z.literal("begun"),
    historyId: z.string(),
    names: z.array(z.tuple([id, z.string()]).readonly()).readonly(),
  }),
  z.object({ at, id, change: z.literal("added"), labels, historyId: z.string() }),
  z.object({
    at,
    id,
    change: z.literal("deleted"),
    labels,
    labelsBefore: labels.exactOptional(),
    historyId: z.string(),
  }),
  z.object({ at, id, change: z.literal("labels"), labels, labelsBefore: labels, historyId: z.string() }),
  z.object({ at, change: z.literal("label"), label: id, name: z.string().nullable(), was: z.string().nullable() }),
]);

const KINDS: ReadonlySet<unknown> = new Set(["begun", "added", "deleted", "labels", "label"]);

/** In this order they stand in every line that has them. */
const KEYS = ["at", "id", "change", "labels", "labelsBefore", "label", "name", "was", "historyId", "names"];

/** The line of a change, its newline included. */
export function changeLine(change: ChangeEntry): string {
  const values = new Map<string, unknown>(Object.entries(change));
  const inOrder = KEYS.flatMap((key) => (values.has(key) ? [[key, values.get(key)]] : []));
  return `${JSON.stringify(Object.fromEntries(inOrder))}\n`;
}

/**
 * A line of the file. `change` is undefined where a later version wrote a kind that this one does not know; `fault` is what
 * is wrong, in words without mail in them, with a line that is none. `end` is where the next line begins.
 */
export type FoundChange = Readonly<
  { number: number; end: number } & ({ change: ChangeEntry | undefined } | { fault: string })
>;

/** The lines of the file, in order. Behind a last line that was not ended comes none. */
export async function* readChanges(chunks: AsyncIterable<Buffer>): AsyncGenerator<FoundChange> {
  let number = 0;
  for await (const { bytes, start, ended } of linesIn(chunks)) {
    number += 1;
    const end = start + bytes.length + (ended ? 1 : 0);
    yield ended ? { number, end, ...readLine(bytes, number) } : { number, end, fault: "is cut off" };
  }
}

function readLine(line: Buffer, number: number): { change: ChangeEntry | undefined } | { fault: string } {
  const value = parse(line);
  const { change: kind } = Object(value);
  if (typeof kind !== "string") return { fault: "is no change" };
  if ((kind === "begun") !== (number === 1))
    return { fault: number === 1 ? "does not begin the file" : "begins the file once more" };
  if (!KINDS.has(kind)) return { change: undefined };
  const { data } = changeShape.safeParse(value);
  return data ? { change: data } : { fault: `says "${kind}", but not as it is written` };
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return undefined;
  }
}
