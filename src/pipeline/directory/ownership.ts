import { sameAccount } from "../../core/account.ts";
import { failureOf, refuse } from "../../core/errors.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import { sameFilter } from "../../core/mail/filter.ts";
import type { Purpose } from "../../core/ports/export-directory.ts";
import type { Storage } from "../../core/ports/storage.ts";
import type { FindFree } from "./free-directory.ts";
import { readJournalBegin } from "./journal.ts";
import { openManifest } from "./manifest-file.ts";

/** Whose export a directory holds, and of which mail. */
type Owner = Pick<Manifest, "email" | "filter">;

type Wanted = Pick<Purpose, "email" | "was" | "filter">;

/**
 * Throws `directory_foreign`, with a directory that is free, where what was found there is the export of another account
 * or of another filter. Whose it is is not said.
 */
export async function assertBelongs(
  place: string,
  found: Owner,
  { email, was, filter }: Wanted,
  findFree: FindFree | undefined,
): Promise<void> {
  const isAccounts = sameAccount(found.email, email) || (was !== undefined && sameAccount(found.email, was));
  if (isAccounts && sameFilter(found.filter, filter)) return;
  const free = await findFree?.(email, place);
  const options = free === undefined ? {} : { free };
  if (isAccounts)
    throw refuse(
      "directory_foreign",
      `${place} holds an export with another filter (query, labels, or spam and trash).`,
      free === undefined
        ? "Choose another output directory for this filter, or ask for the same filter as before."
        : `Choose another output directory for this filter (${free} is free), or ask for the same filter as before.`,
      options,
    );
  throw refuse(
    "directory_foreign",
    `${place} holds the export of another account.`,
    (free === undefined
      ? "Choose another output directory for this account. "
      : `Choose another output directory for this account (${free} is free). `) +
      "If it is this account's own under a former address, name that: --was <address> (`was` over HTTP).",
    options,
  );
}

/**
 * The same, for a directory that nobody has opened yet: an export that would only fail there need not begin. What cannot
 * be understood there is told by the export itself.
 */
export async function assertMayUse(storage: Storage, wanted: Wanted, findFree: FindFree): Promise<void> {
  let found: Owner | undefined;
  try {
    found = (await openManifest(storage))?.manifest ?? (await readJournalBegin(storage));
  } catch (error) {
    if (failureOf(error)?.code !== "directory_damaged") throw error;
  }
  if (found) await assertBelongs(storage.place, found, wanted, findFree);
}
