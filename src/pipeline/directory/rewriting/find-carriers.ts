import type { BatchEntry } from "../../../core/export/manifest.ts";
import type { ExportRecord } from "../../../core/mail/record.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import { withoutBody } from "../../../formats/record-line.ts";
import type { Batches } from "../batches.ts";
import { finishedRecords } from "../finished-records.ts";

/** Whether a batch may hold a record with one of these labels: their ids are looked for as text, without reading records. */
export async function namesOneOf(
  storage: Storage,
  { file }: BatchEntry,
  labels: ReadonlySet<string>,
): Promise<boolean> {
  if (labels.size === 0) return false;
  const wanted = [...labels].map((label) => Buffer.from(JSON.stringify(label)));
  const longest = Math.max(...wanted.map(({ length }) => length));
  await using content = await storage.open(file);
  if (!content) return true; // that it is missing is found where it is read
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of content.read()) {
    const bytes = Buffer.concat([held, chunk]);
    if (wanted.some((label) => bytes.includes(label))) return true;
    held = Buffer.from(bytes.subarray(Math.max(0, bytes.length - longest)));
  }
  return false;
}

/** Labels among these that records carry, each with the ids of those for which `isWanted` says so, too. */
export async function findCarriers(
  storage: Storage,
  batches: Batches,
  isLabel: (label: string) => boolean,
  isWanted: (id: string) => boolean,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const carriers = new Map<string, string[]>();
  const find = (line: Buffer): void => {
    const { "Message-ID": id, Labels: labels }: ExportRecord = JSON.parse(withoutBody(line) ?? line.toString());
    for (const label of isWanted(id) ? labels.filter(isLabel) : []) {
      const ids = carriers.get(label);
      if (ids) ids.push(id);
      else carriers.set(label, [id]);
    }
  };
  for (const entry of batches.entries) for await (const line of finishedRecords(storage, entry)) find(line);
  for await (const line of batches.readGrowing()) find(line);
  return carriers;
}
