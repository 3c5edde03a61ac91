import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Truth } from "../simulator/google.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";

/** What stands in an export directory, read as its users do: with JSON.parse. */

export async function manifestIn(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, "manifest.json"), "utf8")) as Manifest;
}

/** All records, in the order of the manifest's files. */
export async function recordsIn(directory: string): Promise<ExportRecord[]> {
  const { batches } = await manifestIn(directory);
  const files = batches.map(async ({ file }) => JSON.parse(await readFile(join(directory, file), "utf8")));
  return (await Promise.all(files)).flat() as ExportRecord[];
}

/** What is compared of a record and of the message it comes from; `mapping.test.ts` compares all. */
export function gist(record: ExportRecord): object {
  return {
    id: record["Message-ID"],
    threadId: record["Thread-ID"],
    labelIds: record.Labels,
    internalDate: Date.parse(record["Internal-Date"]),
    date: record.Date,
    from: record.From,
    to: record.To,
    subject: record.Subject,
    plain: record.Body.plain,
    html: record.Body.html,
    attachments: record.Attachments.map(({ filename, mimeType, size }) => ({ filename, mimeType, size })),
    snippet: record.Snippet,
  };
}

export function gistOfTruth(truth: Truth): object {
  const { id, threadId, labelIds, internalDate, date, from, to, subject, plain, html, snippet } = truth;
  const attachments = truth.attachments.map(({ filename, mimeType, size }) => ({ filename, mimeType, size }));
  return { id, threadId, labelIds, internalDate, date, from, to, subject, plain, html, attachments, snippet };
}

/** Ids in the order of text, to compare what is in two places whatever its order there. */
export function sortedIds(records: readonly ExportRecord[]): string[] {
  return records.map((record) => record["Message-ID"]).toSorted();
}

/** Ids of all that is durable, in a batch that still grows too: one record stands on a line (docs/format.md). */
export async function idsOnDisk(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.startsWith("emails_batch_"));
  // A batch may be finished while this looks: then it has its final name.
  const read = (name: string) =>
    readFile(join(directory, name), "utf8").catch(async () =>
      readFile(join(directory, name.replace(/\.part$/, "")), "utf8"),
    );
  const files = await Promise.all(names.map(read));
  return files.flatMap((text) => [...text.matchAll(/^\{"Message-ID":"([^"]+)".*\}/gm)].map(([, id]) => id!));
}
