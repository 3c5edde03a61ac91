import { readdir } from "node:fs/promises";

import { expect } from "vitest";

import type { Truth } from "../simulator/google.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import { verify } from "../src/pipeline/verify.ts";
import { gist, gistOfTruth, manifestIn, recordsIn } from "./exported.ts";
import type { InProcess } from "./in-process.ts";
import { readDirectory } from "./on-disk.ts";
import { listedIds } from "./stage.ts";

/**
 * An ended export accounts for a mailbox: each message that is wanted, of those not in spam or trash, is once in a batch, as
 * it is in Gmail, or named as failed, with a reason; what is gone really is; the numbers add up, and `complete` says no
 * more than that. Google is asked again at the end, so it must be well by then.
 */
export async function expectAccountsFor(
  { google, source, directory, clock }: InProcess,
  manifest: Manifest,
  isWanted: (truth: Truth) => boolean = () => true,
): Promise<void> {
  const mailbox = google.mailbox();
  const { batches, failed, gone } = manifest;
  expect(await manifestIn(directory)).toEqual(manifest);
  const records = await recordsIn(directory);
  const exported = records.map((record) => record["Message-ID"]);

  const ended = [...exported, ...gone, ...failed.map(({ id }) => id)];
  expect(ended.length).toBe(new Set(ended).size);
  const wanted = listedIds({ google }).filter((id) => isWanted(mailbox.truth(id)));
  expect(wanted.filter((id) => !ended.includes(id))).toEqual([]);
  expect(gone.filter((id) => mailbox.ids().includes(id))).toEqual([]);
  for (const record of records) expect(gist(record)).toEqual(gistOfTruth(mailbox.truth(record["Message-ID"])));
  for (const { reason, attempts } of failed) {
    expect(reason).toMatch(/^[A-Z].*\.$/);
    expect(attempts).toBeGreaterThan(0);
  }

  expect(manifest.total_emails).toBe(records.length);
  expect(manifest.total_batches).toBe(batches.length);
  expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(records.length);
  expect(manifest.complete).toBe(failed.length === 0);
  const names = await readdir(directory);
  expect(names.filter((name) => !name.startsWith(".")).toSorted()).toEqual(
    ["changes.ndjson", "manifest.json", ...batches.map(({ file }) => file)].toSorted(),
  );
  expect(names).not.toContain(".journal"); // an export that has ended needs none

  const verdict = clock.run(verify(directory, readDirectory, new AbortController().signal, source), 1);
  expect(await verdict).toMatchObject({ sound: true, findings: [] });
}
