import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { systemClock as clock } from "../src/clock.ts";
import { ExportError } from "../src/core/errors.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { MailboxSource, Reading } from "../src/core/ports/mailbox-source.ts";
import { NOTHING_SPENT } from "../src/core/quota.ts";
import { createOpenDirectory } from "../src/pipeline/directory/open-directory.ts";
import { runExport } from "../src/pipeline/export.ts";
import { parseMessage } from "../src/sources/gmail-api/calls/wire.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { corpus } from "./corpus.ts";

const MESSAGES = 30;
const BATCH_SIZE = 7;

/** A mailbox in memory, and exports of it into real directories. */
export type Exports = Readonly<{
  ids: readonly string[];
  source: MailboxSource;
  /** Exports into a directory, or goes on there; ends with a network failure once so many messages were read. */
  into(folder: string, failAfter?: number): Promise<Manifest>;
}>;

export async function exportsOfCorpus(): Promise<Exports> {
  const { messages } = await corpus();
  const all = messages.slice(-MESSAGES).map((json) => parseMessage(JSON.parse(json)));
  const byId = new Map(all.map((message) => [message.id, message]));
  let left = Infinity;
  const read = (id: string): Reading => {
    left -= 1;
    if (left < 0) throw offline();
    const message = byId.get(id);
    return message ? { outcome: "read", id, message } : { outcome: "gone", id };
  };
  const cursor = { source: "fuzz", value: "7" };
  const source: MailboxSource = {
    name: cursor.source,
    profile: async () => ({ emailAddress: "ada@example.com", messagesTotal: all.length, threadsTotal: 1, cursor }),
    foresee: async () => {},
    weigh: async () => {},
    labels: async () => new Map(all.flatMap(({ labelIds }) => labelIds.map((label) => [label, label]))),
    async *list({ labels }) {
      const wanted = all.filter(({ labelIds }) => labels.every((label) => labelIds.includes(label)));
      yield wanted.map(({ id, threadId }) => ({ id, threadId }));
    },
    cost: async () => ({ calls: all.length, units: all.length, minutes: 1, likelyMinutes: 1, notKnown: [] }),
    async *read(pending) {
      for (const { ids } of pending) for (const id of ids) yield { ended: [read(id)], units: 1 };
    },
    async *changes(since) {
      yield { change: "cursor", cursor: since };
    },
    async *readLabels(ids) {
      for (const id of ids) yield { id, labelIds: byId.get(id)?.labelIds ?? [] };
    },
    spent: () => NOTHING_SPENT,
    pace: () => ({ unitsPerMinute: 6_000, usedLastMinute: 0, inFlight: 0 }),
  };
  const open = createOpenDirectory(folderStorage(fileHolds(clock)), clock, "gmail-export fuzz");
  return {
    ids: [...byId.keys()],
    source,
    into(directory, failAfter = Infinity) {
      left = failAfter;
      const request = {
        account: "ada@example.com",
        directory,
        maxEmails: null,
        batchSize: BATCH_SIZE,
        filter: EVERYTHING,
        formats: ["ndjson", "parquet"] as const,
      };
      return runExport(request, { source, open, clock }, () => {}, new AbortController().signal);
    },
  };
}

const offline = (): ExportError =>
  new ExportError({ code: "network", retry: "backoff", outage: true, message: "No network.", next: "Wait." });

/** Seeds that are one file of a directory each: its name on the first line, its content behind. */
export async function filesOf(folder: string): Promise<Buffer[]> {
  const names = (await readdir(folder)).filter((name) => name !== ".lock");
  return Promise.all(
    names.map(async (name) => Buffer.concat([Buffer.from(`${name}\n`), await readFile(join(folder, name))])),
  );
}

/** A copy of a directory in which one file is what the input says. */
export async function withFile(from: string, to: string, input: Buffer): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { mode: 0o700 });
  await cp(from, to, { recursive: true });
  const end = Math.max(0, input.indexOf("\n"));
  const name = basename(input.toString("utf8", 0, end)).replaceAll("\0", "");
  if (name === "" || name === "." || name === ".." || Buffer.byteLength(name) > 200) return;
  await writeFile(join(to, name), input.subarray(end + 1));
}
