import { z } from "zod";

import { READS } from "../../core/quota.ts";

const factor = z.number().min(1).max(100);

/** What was learned of a Cloud project, as it is stored. */
export const learnedLimit = z.object({
  tier: z.enum(["2026", "legacy"]),
  // What an export could live with: no damaged file may stop it, or let it go on without a limit.
  unitsPerMinute: z.number().min(60).max(1_000_000_000),
  priceFactor: factor,
  prices: z.partialRecord(z.enum(READS), factor).optional(),
});
