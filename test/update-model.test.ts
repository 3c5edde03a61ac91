import { cp, rm } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { verify } from "../src/pipeline/verify.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import { manualClock } from "./manual-clock.ts";
import { fragileDisk } from "./power-loss.ts";

/**
 * Whatever happens in a mailbox between runs, and however often the power fails within one: the export ends as a fresh one
 * of the same mailbox, but for what was deleted, which stays and is named.
 */

const NEVER = new AbortController().signal;

type Step =
  | Readonly<{ do: "add" | "remove" | "relabel" | "move" | "edit"; which: number; to: number }>
  | Readonly<{ do: "makeLabel" | "renameLabel" | "removeLabel"; which: number; to: number }>
  | Readonly<{ do: "expire" | "idle" | "run" | "fault" | "lose"; which: number; to: number }>
  | Readonly<{ do: "powerLoss"; which: number; to: number }>;

const KINDS = {
  add: 4,
  remove: 3,
  relabel: 6,
  move: 4,
  edit: 2,
  makeLabel: 1,
  renameLabel: 2,
  removeLabel: 1,
  expire: 1,
  idle: 1,
  fault: 1,
  lose: 2,
  run: 4,
  powerLoss: 4,
} as const;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    do: fc.oneof(
      ...Object.entries(KINDS).map(([kind, weight]) => ({
        weight,
        arbitrary: fc.constant(kind as keyof typeof KINDS),
      })),
    ),
    which: fc.nat(1_000),
    to: fc.nat(1_000),
  }),
  { minLength: 6, maxLength: 26, size: "max" },
);

const FAULTS = ["500", "reset", "reversedPages", "withoutLabelIds", "emptyLabels", "duplicateIds"] as const;

const DRAFT = ["DRAFT"];

/** Lets one thing happen in the mailbox. */
function change(w: InProcess, { do: kind, which, to }: Step): void {
  const mailbox = w.google.mailbox();
  const ids = mailbox.ids();
  const own = mailbox.labels().filter(({ id }) => id.startsWith("Label_"));
  const labels = [...own.map(({ id }) => id), "STARRED", "UNREAD", "IMPORTANT"];
  const id = ids[which % Math.max(1, ids.length)];
  const label = own[which % Math.max(1, own.length)];
  switch (kind) {
    case "add":
      mailbox.add({ subject: `New ${which}`, labelIds: to % 5 === 0 ? DRAFT : ["INBOX", labels[to % labels.length]!] });
      break;
    case "remove":
      if (id !== undefined) mailbox.remove(id);
      break;
    case "relabel":
      if (id !== undefined) {
        const wanted = labels.filter((_, n) => ((to >> n) & 1) === 1);
        const place = mailbox.labelIds(id).filter((one) => ["SPAM", "TRASH", "INBOX", "DRAFT"].includes(one));
        mailbox.setLabels(id, [...place, ...wanted]);
      }
      break;
    case "move":
      if (id !== undefined) mailbox.moveTo(id, (["INBOX", "SPAM", "TRASH"] as const)[to % 3]!);
      break;
    case "edit": {
      const draft = ids.find((one) => mailbox.labelIds(one).includes("DRAFT"));
      if (draft !== undefined) mailbox.editDraft(draft, { subject: `Edited ${to}` });
      break;
    }
    case "makeLabel":
      mailbox.makeLabel(`Made ${which}-${to}`);
      break;
    case "renameLabel":
      if (label) mailbox.renameLabel(label.id, `Renamed ${which}-${to}`);
      break;
    case "removeLabel":
      if (label) mailbox.removeLabel(label.id, to % 2 === 0);
      break;
    case "expire":
      mailbox.expireHistory(to % 2 === 0 ? "current" : "past");
      break;
    case "lose": // it is there, and Gmail does not find it until the end
      if (id !== undefined) w.google.faults.add({ kind: "notFound", messageId: id });
      break;
    case "fault":
      w.google.faults.add({ kind: FAULTS[to % FAULTS.length]!, times: 3 });
      break;
    default:
  }
}

/** What must be equal of a record: everything, its labels as a set, and each with its name. */
function told(record: ExportRecord): object {
  const named = record.Labels.map((label, n) => `${label}: ${record["Label-Names"][n]}`);
  return { ...record, Labels: named.toSorted(), "Label-Names": undefined, Attachments: record.Attachments.length };
}

const byId = async (directory: string): Promise<Map<string, ExportRecord>> =>
  new Map((await recordsIn(directory)).map((record) => [record["Message-ID"], record]));

async function expectAsFresh(w: InProcess, isWanted: (id: string) => boolean): Promise<void> {
  const mailbox = w.google.mailbox();
  const fresh = join(w.directory, "..", "fresh");
  await rm(fresh, { recursive: true, force: true });
  await w.run(undefined, undefined, { directory: fresh });
  const [here, there] = [await byId(w.directory), await byId(fresh)];
  const live = new Set(mailbox.ids());
  const { deleted = [], complete, checkedAt } = await manifestIn(w.directory);
  expect([complete, checkedAt !== undefined]).toEqual([true, true]);
  expect(deleted.map(({ id }) => id).toSorted()).toEqual([...here.keys()].filter((id) => !live.has(id)).toSorted());
  for (const [id, record] of there) expect(told(here.get(id) ?? record)).toEqual(told(record));
  expect([...there.keys()].filter((id) => !here.has(id))).toEqual([]);
  // What went into spam or the trash since stays, with the labels that it has now.
  for (const [id, record] of here)
    if (live.has(id) && !there.has(id)) {
      expect(isWanted(id)).toBe(false);
      expect(record.Labels.toSorted()).toEqual(mailbox.labelIds(id).toSorted());
    }
  const { findings } = await verify(w.directory, createReadDirectory(folderStorage(fileHolds(manualClock()))), NEVER);
  expect(findings).toEqual([]);
}

/** Runs until the power fails at some operation; what survives on the disk takes the directory's place. */
async function runToPowerLoss(w: InProcess, at: number): Promise<void> {
  const [root, left] = ["disk", "left"].map((name) => join(w.directory, "..", name));
  for (const folder of [root!, left!]) await rm(folder, { recursive: true, force: true });
  await cp(w.directory, join(root!, "export"), { recursive: true });
  await using disk = await fragileDisk(root!, at);
  await w.run(undefined, undefined, { directory: join(root!, "export"), files: disk.files }).catch(() => {});
  await disk.survivors(left!);
  const { findings } = await verify(
    join(left!, "export"),
    createReadDirectory(folderStorage(fileHolds(manualClock()))),
    NEVER,
  );
  expect(findings).toEqual([]);
  await rm(w.directory, { recursive: true });
  await cp(join(left!, "export"), w.directory, { recursive: true });
}

test.each([true, false])(
  "whatever happens between runs that may lose their power, an export ends as a fresh one does (with spam and trash: %s)",
  async (includeSpamTrash) => {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        await using w = await inProcess(
          { messages: 14, messagesPerThread: 2, bodyBytes: 60 },
          { filter: { ...EVERYTHING, includeSpamTrash }, batchSize: 5, formats: [] },
        );
        await w.run();
        const isWanted = (id: string): boolean =>
          includeSpamTrash ||
          !w.google
            .mailbox()
            .labelIds(id)
            .some((label) => label === "SPAM" || label === "TRASH");
        for (const step of given)
          if (step.do === "run") await w.run();
          else if (step.do === "powerLoss") await runToPowerLoss(w, step.to % 90);
          else change(w, step);
        w.google.faults.clear();
        await w.run();
        await expectAsFresh(w, isWanted);
        await w.run(); // and stays so
        await expectAsFresh(w, isWanted);
      }),
      { numRuns: 6 },
    );
  },
);
