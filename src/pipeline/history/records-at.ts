import { refuse } from "../../core/errors.ts";
import type { ChangeEntry } from "../../core/export/change.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import { stateAtEndOf, type StateAt } from "../../core/export/state-at.ts";
import type { ReadDirectory } from "../../core/ports/read-directory.ts";
import type { EpochMs } from "../../core/time.ts";
import { parseRecord } from "../../formats/batch.ts";
import { lineWith, withoutBody } from "../../formats/record-line.ts";
import { withCurrentBatches } from "../convert/current-batches.ts";
import { changedBatch } from "../directory/finished-records.ts";
import { manifestIn } from "../manifest-in.ts";
import { readChangesIn } from "./read-changes.ts";

/**
 * The line of each record in the finished batches of an export, in its order: as it is, or with the labels that its message
 * had at the end of a UTC day, and without those that were not there then. One is in memory at a time.
 * Throws `invalid_request` where the day ended before the first run did.
 */
export async function* recordsAt(
  path: string,
  directory: ReadDirectory,
  day: EpochMs | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const promised = await manifestIn(path, directory);
  const state = day === undefined ? undefined : await stateAt(day, path, promised, directory, signal);
  const { batches } = await withCurrentBatches(path, promised, directory);
  for (const batch of batches)
    for await (const line of directory.records(path, batch)) {
      signal.throwIfAborted();
      const told = state ? lineAt(line, state, () => changedBatch(path, batch.file)) : line;
      if (told) yield told;
    }
}

async function stateAt(
  day: EpochMs,
  path: string,
  manifest: Manifest,
  directory: ReadDirectory,
  signal: AbortSignal,
): Promise<StateAt> {
  const changes = readChangesIn(path, manifest, directory, signal);
  const all = manifest.changes ? changes : begunAt(manifest.checkedAt ?? manifest.export_date, changes);
  const found = await stateAtEndOf(day, all, manifest.deleted ?? []);
  if ("labelsOf" in found) return found;
  const dayIn = (moment: EpochMs | string): string => new Date(moment).toISOString().slice(0, 10);
  throw refuse(
    "invalid_request",
    `What was there on ${dayIn(day)} is not known: the first run ended on ${dayIn(found.begunAt)}.`,
    "Name that day, or a later one.",
  );
}

/** Where no change was seen by then, what is there is what was there when the export was finished. */
async function* begunAt(at: string, changes: AsyncIterable<ChangeEntry>): AsyncGenerator<ChangeEntry> {
  yield { at, change: "begun", historyId: "", names: [] };
  yield* changes;
}

/** A record's line as it was; undefined where the message was not there. */
function lineAt(line: Buffer, { labelsOf, nameOf }: StateAt, damaged: () => Error): Uint8Array | undefined {
  const {
    "Message-ID": id,
    Labels: now,
    "Label-Names": namesNow,
  } = Object(parseRecord(withoutBody(line) ?? line.toString()));
  if (typeof id !== "string" || !isTexts(now) || !isTexts(namesNow)) throw damaged();
  const labels = labelsOf(id, now);
  if (!labels) return undefined;
  const names = labels.map((label) => nameOf(label, namesNow[now.indexOf(label)] ?? label));
  if (isSame(labels, now) && isSame(names, namesNow)) return line;
  return Buffer.concat(lineWith(line, { Labels: labels, "Label-Names": names }).map((piece) => Buffer.from(piece)));
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}
