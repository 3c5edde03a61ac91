import { createHash } from "node:crypto";
import { join } from "node:path";

import { z } from "zod";

import { canonicalAccount } from "../../core/account.ts";
import type { PrivateFiles } from "../../core/ports/private-files.ts";
import type { RecentCalls, RecentMinute } from "../../core/ports/recent-calls.ts";
import { METHODS, READ_FORMATS } from "../../core/quota.ts";
import { moment } from "../rows/stored-values.ts";

/** No minute has more: a damaged file must not make an export wait for what nobody spent. */
const MOST_CALLS = 100_000;
const MOST_ENTRIES = 2_000;

const minute = z.object({
  asOf: moment,
  knownSince: moment,
  ended: z.boolean(),
  calls: z
    .array(
      z.object({
        at: moment,
        method: z.enum(METHODS),
        format: z.enum(READ_FORMATS).optional(),
        count: z.number().int().min(1).max(MOST_CALLS),
        refused: z.literal(true).optional(),
      }),
    )
    .max(MOST_ENTRIES),
});

/** What was sent a moment ago: a file for each client id and account, whose name tells neither. */
export function recentCalls(folder: string, files: PrivateFiles): RecentCalls {
  const pathOf = (clientId: string, account: string): string => {
    const name = createHash("sha256").update(JSON.stringify([clientId, canonicalAccount(account)]));
    return join(folder, `${name.digest("hex")}.json`);
  };
  const writing = new Map<string, Promise<void>>();
  return {
    async read(clientId, account) {
      try {
        return minute.parse(JSON.parse(await files.readFile(pathOf(clientId, account)))) satisfies RecentMinute;
      } catch {
        return undefined;
      }
    },
    keep(clientId, account, recent) {
      const path = pathOf(clientId, account);
      const write = async (): Promise<void> => {
        await files.privateFolder(folder);
        await files.replaceFile(path, `${JSON.stringify(recent)}\n`);
      };
      const written = (writing.get(path) ?? Promise.resolve()).then(write).catch(() => {});
      writing.set(path, written);
      return written;
    },
  };
}
