import { refuse } from "../core/errors.ts";
import type { ExportDirectory } from "../core/ports/export-directory.ts";
import { TEXT_ALONE, type MailboxSource } from "../core/ports/mailbox-source.ts";

/** How many messages are looked for at most. One that is there proves it: ids are a mailbox's own. Others may be deleted since. */
const TRIES = 10;

/**
 * Holds a directory that was exported under a former address against the mailbox of now, before anything is written.
 * Throws `directory_foreign` when none of the messages that are looked for is in the mailbox.
 */
export async function assertSameMailbox(
  { ledger, formerly }: ExportDirectory,
  source: MailboxSource,
  signal: AbortSignal,
): Promise<void> {
  const step = Math.max(1, Math.floor(ledger.count("exported") / TRIES));
  const ids = [...ledger.ids("exported")].filter((_, index) => index % step === 0).slice(0, TRIES);
  for (const id of ids)
    for await (const { ended } of source.read([{ threadId: id, ids: [id] }], TEXT_ALONE, signal))
      if (ended.some((reading) => reading.outcome === "read")) return;
  if (ids.length > 0)
    throw refuse(
      "directory_foreign",
      `The directory's messages of ${formerly} are not in this account's mailbox.`,
      "Choose another output directory for this account: its mailbox is not the one that was exported there.",
    );
}
