import { expect, test } from "vitest";

import { readDirectory } from "../../../../test/on-disk.ts";
import { record } from "../../../../test/written-export.ts";
import type { AttachmentRecord } from "../../../core/mail/record.ts";
import { stageRoutes } from "./testing.ts";

test("an original that there is none of, in an export that has originals, is told apart: Gmail keeps no bytes of it", async () => {
  await using other = await stageRoutes();
  await other.write({ 1: [record("c1")] });
  const manifest = JSON.parse(JSON.stringify(await readDirectory.manifest(other.directory)));
  const originals = { count: 0, bytes: 0, without: [{ id: "c1", reason: "Gmail keeps no bytes of this message." }] };
  await other.put("manifest.json", Buffer.from(JSON.stringify({ ...manifest, formats: ["eml"], originals })));
  const { status, code, detail } = await other.ask("c1/original");
  expect([status, code]).toEqual([404, "no_original"]);
  expect(detail).toContain("Gmail keeps no bytes");
});

test("an original, or a content, that could not be had yet is not said to be none: the manifest's reason is told, and what to do", async () => {
  await using other = await stageRoutes();
  const lists: AttachmentRecord[] = [{ id: "", filename: "a", mimeType: "text/plain", size: 1, partId: "1" }];
  await other.write({ 1: [record("c1", { Attachments: lists }), record("c2", { Attachments: lists })] });
  const manifest = JSON.parse(JSON.stringify(await readDirectory.manifest(other.directory)));
  const without = [{ id: "c1", reason: "Gmail's answer is malformed.", attempts: 1 }];
  const originals = { count: 0, bytes: 0, without };
  const attachments = { stored: 0, bytes: 0, blobs: 0, blobBytes: 0, without };
  const widened = { ...manifest, formats: ["eml"], originals, attachments };
  await other.put("manifest.json", Buffer.from(JSON.stringify(widened)));
  for (const [path, code] of [
    ["original", "no_original"],
    ["attachments/0", "not_stored"],
  ]) {
    const failed = {
      status: 404,
      code,
      detail: "Gmail's answer is malformed.",
      next: expect.stringContaining("again"),
    };
    expect(await other.ask(`c1/${path}`)).toMatchObject(failed);
    const lacking = { status: 404, code, detail: expect.stringContaining("not in the export yet") };
    expect(await other.ask(`c2/${path}`)).toMatchObject(lacking);
  }
});
