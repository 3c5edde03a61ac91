import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import { api } from "./api.ts";
import { install } from "./product.ts";
import { copyToFolder, settingsFor } from "./s3/bucket-as-folder.ts";
import { openFront } from "./s3/front.ts";
import { scratchFolder } from "./scratch.ts";
import { signInAt } from "./signed-in.ts";
import { ADA, begin, pauseAfter, reaches } from "./stage.ts";
import { until } from "./wait.ts";

/** Exports in a bucket, by the program as a person runs it. */

const ALL = ["--include-spam-trash", "--attachments", "--formats", "mbox,eml,ndjson,parquet", "--batch-size", "40"];

/** Every file by its hash, but what is the tool's own; of the manifest what is not of a single run. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const hashes = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /(^|\/)\./.test(relative(folder, path))) return undefined;
    const text = await readFile(path, "latin1");
    const same =
      entry.name === "manifest.json"
        ? JSON.stringify({
            ...(JSON.parse(text) as Manifest),
            export_date: "",
            duration_seconds: 0,
            checkedAt: "",
            quota: "",
            changes: "",
          })
        : entry.name === "changes.ndjson"
          ? text.replaceAll(/"at":"[^"]*"/g, "")
          : text;
    return [relative(folder, path), createHash("sha256").update(same).digest("hex")] as const;
  });
  return Object.fromEntries((await Promise.all(hashes)).filter((one) => one !== undefined));
}

test("an export in a bucket, killed and resumed, is byte for byte what one in a folder is; it is verified, converted and followed there", async () => {
  await using google = await simulateGoogle({ messages: 120 });
  await using front = await openFront();
  await using scratch = await scratchFolder();
  await using product = await install(google, settingsFor(front));
  const place = `s3://${front.bucket}/mail/${ADA}`;
  await signInAt(product, google, ADA);

  const local = { EXPORT_DIR: join(product.folder, "data") };
  expect(await product.cli(["export", ADA, ...ALL], local)).toMatchObject({ code: 0 });
  const expected = await filesIn(join(product.folder, "data", ADA));

  google.faults.add(pauseAfter(60));
  const killed = product.start(["export", ADA, ...ALL]);
  await until(async () => (await front.keys(`mail/${ADA}/emails_batch_1.json`)).length > 0);
  await killed.stop("SIGKILL");
  google.faults.clear();
  expect(await product.cli(["export", ADA, ...ALL])).toMatchObject({ code: 0 });
  const copy = join(scratch.path, "copy");
  await copyToFolder(front, `mail/${ADA}`, copy);
  expect(await filesIn(copy)).toEqual(expected);
  const growing = (await front.keys(`mail/${ADA}/.segments/`)).map((key) => key.split("/").at(-2));
  expect(new Set(growing)).toEqual(new Set([".batches"])); // which never ends; the rest was sealed, or removed
  expect(front.uploads()).toEqual([]);

  // Where it is it is read, in every way.
  const converted = join(scratch.path, "files");
  expect(await product.cli(["verify", place])).toMatchObject({ code: 0 });
  expect(await product.cli(["convert", place, "--to", "files", "--into", converted])).toMatchObject({ code: 0 });
  const blobs = (await readdir(join(copy, "attachments"), { recursive: true })).filter((name) => name.length > 64);
  const hashes = (await readdir(converted)).map(async (name) =>
    createHash("sha256")
      .update(await readFile(join(converted, name)))
      .digest("hex"),
  );
  expect(new Set(await Promise.all(hashes))).toEqual(new Set(blobs.map((name) => name.slice(-64))));

  // What changes in Gmail is followed there.
  const mailbox = google.mailbox(ADA);
  const [relabelled, removed] = mailbox.ids();
  mailbox.setLabels(relabelled!, ["STARRED"]);
  mailbox.remove(removed!);
  mailbox.add({ subject: "Zanzibar", labelIds: ["INBOX"] });
  await using server = await product.serve();
  const w = api(server.url);
  const id = await begin(w, { include_spam_trash: true });
  expect(await reaches(w, id, "completed")).toMatchObject({ output_directory: place });
  const manifest = JSON.parse((await front.contentOf(`mail/${ADA}/manifest.json`)).toString()) as Manifest;
  expect(manifest).toMatchObject({ complete: true, total_emails: 121, deleted: [{ id: removed }] });
  const found = await until(async (note) => {
    const answer = note(await w.get(`/exports/${id}/records?search=zanzibar`));
    return answer.text.includes('"subject":"Zanzibar"') && answer; // files may still be read
  });
  expect(found.text.match(/"Message-ID"|"message_id"|"id":/g)).toHaveLength(1);

  // It is given out from there, in part too, and as a whole.
  const { file } = manifest.batches[0]!;
  const content = await front.contentOf(`mail/${ADA}/${file}`);
  const url = (path: string): string => `${server.url}/exports/${id}/${path}`;
  const part = await fetch(url(`files/${file}`), { headers: { range: "bytes=100-70099" } });
  expect(Buffer.from(await part.arrayBuffer())).toEqual(content.subarray(100, 70_100));
  const archive = Buffer.from(await (await fetch(url("archive"))).arrayBuffer());
  expect(archive.includes(content)).toBe(true);
  expect(archive.subarray(-20_000).includes("manifest.json")).toBe(true);
});
