import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { Ref } from "../src/core/mail/ref.ts";
import type { Ended, ExportDirectory, Purpose } from "../src/core/ports/export-directory.ts";
import { toRecord } from "../src/formats/to-record.ts";
import { message } from "./messages.ts";

/** What directories of tests are for: five messages a batch. */
export const PURPOSE: Purpose = { email: "ada@example.com", filter: EVERYTHING, maxEmails: null, batchSize: 5 };

/** m0, m1 and so on, each alone in its conversation. */
export const refsTo = (count: number): Ref[] =>
  Array.from({ length: count }, (_, n) => ({ id: `m${n}`, threadId: `t${n}` }));

export const exported = (id: string): Ended => ({
  outcome: "exported",
  id,
  record: toRecord(message(undefined, { id, threadId: `t${id}`, snippet: `Übung "${id}"\n` }), new Map()),
});

/** A whole listing. */
export async function listTo(directory: ExportDirectory, count: number): Promise<void> {
  await directory.beginListing("100");
  await directory.addRefs(refsTo(count));
  await directory.endListing();
}

/** Exports all that is pending. */
export async function writePending(directory: ExportDirectory): Promise<void> {
  for (const id of directory.ledger.ids("pending")) await directory.write([exported(id)]);
}

/** The ids in batches, in order. */
export const idsIn = (batches: Readonly<Record<string, string>>): string[] =>
  Object.values(batches).flatMap((text) =>
    (JSON.parse(text) as { "Message-ID": string }[]).map((one) => one["Message-ID"]),
  );
