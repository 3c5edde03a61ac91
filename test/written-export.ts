import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { ChangeEntry } from "../src/core/export/change.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import type { RecordQuestion } from "../src/core/ports/records.ts";
import { NOTHING_SPENT } from "../src/core/quota.ts";
import { changeLine } from "../src/formats/changes.ts";
import { checkedLines } from "../src/formats/checked-lines.ts";

export const ALL: RecordQuestion = {
  search: "",
  from: "",
  subject: "",
  label: undefined,
  after: undefined,
  before: undefined,
  order: "newest",
};

/** A record in which what is not said is empty. */
export function record(id: string, fields: Partial<ExportRecord> = {}): ExportRecord {
  return {
    "Message-ID": id,
    "Thread-ID": id,
    Labels: [],
    Date: "",
    From: "",
    To: "",
    Subject: "",
    Body: { plain: "", html: "" },
    Attachments: [],
    Snippet: "",
    Cc: "",
    Bcc: "",
    "Reply-To": "",
    "Internal-Date": "2026-11-23T09:30:17.250Z",
    "Label-Names": [],
    "RFC822-Message-ID": "",
    "In-Reply-To": "",
    References: "",
    "Size-Estimate": 0,
    ...fields,
  };
}

/** The manifest of a complete export of nothing, but for these fields. */
export function manifestWith(fields: Partial<Manifest>): Manifest {
  return {
    version: 1,
    email: "ada@example.com",
    complete: true,
    total_emails: 0,
    total_batches: 0,
    max_emails: null,
    export_date: "2026-11-23T09:30:17.250Z",
    duration_seconds: 1,
    filter: EVERYTHING,
    batches: [],
    failed: [],
    gone: [],
    replacementCharacters: 0,
    historyId: "7",
    quota: NOTHING_SPENT,
    tool: "gmail-export test",
    ...fields,
  };
}

/** Batches as they are written, by their numbers; the manifest names those in `named`. */
export async function writeExport(
  folder: string,
  batches: Readonly<Record<number, readonly (ExportRecord | string)[]>>,
  { named = Object.keys(batches).map(Number), unfinished = false } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries = await Promise.all(
    Object.entries(batches).map(async ([number, records]) => {
      const file = `emails_batch_${number}.json`;
      const lines = records.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
      const text = `[\n${lines.join(",\n")}\n]\n`;
      await writeFile(join(folder, `${file}.new`), text);
      await rename(join(folder, `${file}.new`), join(folder, file));
      const sha256 = createHash("sha256").update(text).digest("hex");
      const entry = { file, count: lines.length, bytes: Buffer.byteLength(text), sha256 };
      return { number: Number(number), entry };
    }),
  );
  const manifest = manifestWith({
    complete: !unfinished,
    total_batches: named.length,
    batches: entries.filter(({ number }) => named.includes(number)).map(({ entry }) => entry),
  });
  if (unfinished) await writeFile(join(folder, ".journal"), "");
  else await rm(join(folder, ".journal"), { force: true });
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
}

/** What changed in Gmail, in an export that was written: changes.ndjson, and what the manifest says of it. */
export async function writeChanges(
  folder: string,
  changes: readonly ChangeEntry[],
  fields: Partial<Manifest> = {},
): Promise<void> {
  const text = changes.map(changeLine).join("");
  await writeFile(join(folder, "changes.ndjson"), text);
  const path = join(folder, "manifest.json");
  const manifest: Manifest = JSON.parse(await readFile(path, "utf8"));
  const promised = { bytes: Buffer.byteLength(text), sha256: createHash("sha256").update(text).digest("hex") };
  await writeFile(path, JSON.stringify({ ...manifest, changes: promised, ...fields }));
}

/** A batch as it stands while it grows, without a manifest: the journal alone tells whose it is. `torn` is what a crash left of one more. */
export async function writeGrowing(
  folder: string,
  number: number,
  records: readonly ExportRecord[],
  torn = "",
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const begin = { journal: 2, email: "ada@example.com", filter: EVERYTHING, maxEmails: null, historyId: "7" };
  await writeFile(join(folder, ".journal"), checkedLines([begin]).bytes);
  const lines = [...records.map((one) => JSON.stringify(one)), ...(torn === "" ? [] : [torn])];
  await writeFile(join(folder, `emails_batch_${number}.json.part`), `[\n${lines.join(",\n")}`);
}
