import { sameAccount } from "../../../core/account.ts";
import { failureOf, refuse } from "../../../core/errors.ts";
import type { ExportRequest } from "../../../core/export/job.ts";
import type { Manifest } from "../../../core/export/manifest.ts";
import { sameFilter } from "../../../core/mail/filter.ts";
import type { ExportServices } from "../services.ts";

/**
 * Throws `directory_foreign`, with a folder that is free, where the directory holds an export with another filter. An
 * export that was accepted would only fail later, for the same reason.
 */
export async function refuseOtherFilter(
  { account, directory, filter }: ExportRequest,
  { readDirectory, chooseDirectory }: Pick<ExportServices, "readDirectory" | "chooseDirectory">,
): Promise<void> {
  const read = (path: string): Promise<Manifest | "damaged" | undefined> =>
    readDirectory.manifest(path).catch((error: unknown) => {
      if (failureOf(error)?.code === "directory_damaged") return "damaged" as const; // the export itself tells that
      throw error;
    });
  const found = await read(directory);
  if (found === undefined || found === "damaged") return;
  // Of another account's export the answer says nothing: that one fails by itself.
  if (!sameAccount(found.email, account) || sameFilter(found.filter, filter)) return;
  let free = "";
  for (let number = 2; free === ""; number += 1) {
    const path = await chooseDirectory(account, `${directory}-${number}`);
    if ((await read(path)) === undefined) free = path;
  }
  throw refuse(
    "directory_foreign",
    `${directory} holds an export with another filter (query, labels, or spam and trash).`,
    `For this filter choose a directory that is free, such as ${free}, or ask for the same filter as before.`,
  );
}
