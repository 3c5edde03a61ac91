import { createHash } from "node:crypto";

import { z } from "zod";

import { canonicalAccount } from "../../core/account.ts";
import { METHODS, READ_FORMATS } from "../../core/quota.ts";
import { moment } from "./stored-values.ts";

/** No minute has more: a damaged file must not make an export wait for what nobody spent. */
const MOST_CALLS = 100_000;
const MOST_ENTRIES = 2_000;

/** What one account sent through one project, as it is stored. */
export const recentMinute = z.object({
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

/** The name under which it is stored, which tells neither client id nor account. */
export function recentName(clientId: string, account: string): string {
  return createHash("sha256")
    .update(JSON.stringify([clientId, canonicalAccount(account)]))
    .digest("hex");
}
