import { readdir } from "node:fs/promises";

import { expect } from "vitest";

import type { Manifest } from "../src/core/export/manifest.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { verify, type Verdict } from "../src/pipeline/verify.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import type { InProcess } from "./in-process.ts";
import { manualClock } from "./manual-clock.ts";

const NEVER = new AbortController().signal;

/** What a check of the files comes to, without the mailbox. */
export const verified = (directory: string): Promise<Verdict> =>
  verify(directory, createReadDirectory(folderStorage(fileHolds(manualClock()))), NEVER);

/** The records of an export: id → record. */
export const recordsById = async (directory: string): Promise<Map<string, ExportRecord>> =>
  new Map((await recordsIn(directory)).map((record) => [record["Message-ID"], record]));

/** Ids of messages that an export keeps though they were deleted in Gmail. */
export const deletedIn = ({ deleted = [] }: Manifest): string[] => deleted.map(({ id }) => id).toSorted();

/** The records have the labels that Gmail has, those of messages that are deleted apart; the files are sound. */
export async function expectCurrent(w: InProcess, manifest: Manifest, isHere: (id: string) => boolean = () => true) {
  const mailbox = w.google.mailbox();
  const there = new Set(mailbox.ids());
  const records = await recordsById(w.directory);
  expect(await manifestIn(w.directory)).toEqual(manifest);
  expect(manifest).toMatchObject({ complete: true, failed: [] });
  expect([...there].filter((id) => isHere(id) && !records.has(id))).toEqual([]);
  expect(deletedIn(manifest)).toEqual([...records.keys()].filter((id) => !there.has(id)).toSorted());
  for (const id of there)
    if (records.has(id))
      expect([id, records.get(id)!.Labels.toSorted()]).toEqual([id, mailbox.truth(id).labelIds.toSorted()]);
  expect((await verified(w.directory)).findings).toEqual([]);
  expect((await readdir(w.directory)).filter((name) => /^emails.*part|journal/.test(name))).toEqual([]);
}
