import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { scratchFolder } from "../../../test/scratch.ts";
import { systemClock } from "../../clock.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import { EVERYTHING } from "../../core/mail/filter.ts";
import type { OpenStorage } from "../../core/ports/storage.ts";
import { NOTHING_SPENT } from "../../core/quota.ts";
import { writeManifest } from "../../formats/manifest.ts";
import { fileHolds } from "../../storage/folder/file-holds.ts";
import { folderStorage } from "../../storage/folder/folder-storage.ts";
import { createReadProof } from "./read-proof.ts";

const MANIFEST: Manifest = {
  version: 1,
  email: "ada@example.com",
  complete: true,
  total_emails: 0,
  total_batches: 0,
  max_emails: null,
  export_date: "2026-11-28T03:00:05.000Z",
  duration_seconds: 5,
  filter: EVERYTHING,
  batches: [],
  failed: [],
  gone: [],
  replacementCharacters: 0,
  historyId: "77",
  quota: NOTHING_SPENT,
  tool: "gmail-export test",
};

test("a proof holds up to when it was checked; a manifest of an earlier version says when it was written", async () => {
  await using folder = await scratchFolder();
  const read = createReadProof(folderStorage(fileHolds(systemClock)));
  const put = (changes: Partial<Manifest>) =>
    writeFile(join(folder.path, "manifest.json"), writeManifest({ ...MANIFEST, ...changes }));
  expect(await read(folder.path)).toBeUndefined();
  await put({});
  expect(await read(folder.path)).toEqual({ provenAt: Date.parse(MANIFEST.export_date), historyId: "77" });
  const checkedAt = "2026-11-29T03:00:01.000Z";
  await put({ checkedAt, historyId: "78" });
  expect(await read(folder.path)).toEqual({ provenAt: Date.parse(checkedAt), historyId: "78" });
  await put({ complete: false, historyId: "79" }); // a run is under way: it was proven up to then all the same
  expect(await read(folder.path)).toEqual({ provenAt: Date.parse(checkedAt), historyId: "79" });
  const another = createReadProof(folderStorage(fileHolds(systemClock)));
  expect(await another(folder.path)).toEqual({ provenAt: undefined, historyId: "79" });
});

test("what cannot be read proves nothing, and is no error", async () => {
  await using folder = await scratchFolder();
  const read = createReadProof(folderStorage(fileHolds(systemClock)));
  const path = join(folder.path, "manifest.json");
  await writeFile(path, '{"version": 2}');
  expect(await read(folder.path)).toBeUndefined();
  expect(await read(path)).toBeUndefined(); // no directory
  await rm(path);
  await mkdir(path);
  expect(await read(folder.path)).toBeUndefined();
  expect(await read(join(folder.path, "none"))).toBeUndefined();
});

test("a manifest that has not changed is not read again", async () => {
  await using folder = await scratchFolder();
  const storages = folderStorage(fileHolds(systemClock));
  let reads = 0;
  const counting: OpenStorage = (place) => {
    const storage = storages(place);
    return {
      ...storage,
      async open(...given) {
        const content = await storage.open(...given);
        if (!content) return undefined;
        const read: typeof content.read = (...range) => {
          reads += 1;
          return content.read(...range);
        };
        return { ...content, read, [Symbol.asyncDispose]: () => content[Symbol.asyncDispose]() };
      },
    };
  };
  const read = createReadProof(counting);
  await writeFile(join(folder.path, "manifest.json"), writeManifest(MANIFEST));
  const proofs = [await read(folder.path), await read(folder.path), await read(folder.path)];
  expect([new Set(proofs).size, reads]).toEqual([1, 1]);
  await writeFile(join(folder.path, "manifest.json"), writeManifest({ ...MANIFEST, historyId: "1234" }));
  expect([(await read(folder.path))?.historyId, reads]).toEqual(["1234", 2]);
});
