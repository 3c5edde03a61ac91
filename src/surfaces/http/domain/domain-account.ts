import { z } from "zod";

import { DOMAIN_ACCOUNT } from "../contract/examples.ts";

export const Failed = z.object({ code: z.string(), message: z.string(), next: z.string() });

const count = z.int().nonnegative();

/** A user of the domain as HTTP shows one; `domain-view.ts` makes it. */
export const DomainAccount = z
  .object({
    email: z.string(),
    aliases: z.array(z.string()),
    unit: z.string(),
    suspended: z.boolean(),
    archived: z.boolean(),
    has_mailbox: z.boolean(),
    messages: count.nullable(),
    conversations: count.nullable(),
    units: z.number().nullable().describe("What the text of all of it costs at most, at list price."),
    failure: Failed.optional().describe("Why Gmail does not tell how much mail there is."),
  })
  .meta({ id: "DomainAccount", examples: [DOMAIN_ACCOUNT] });

/** How much mail one account has, and how much of it is exported already. */
export const CountedAccount = z
  .object({
    email: z.string(),
    messages: count.nullable(),
    conversations: count.nullable(),
    units: z.number().nullable().describe("What the text of all of it costs at most, at list price."),
    exported: z
      .object({ messages: count, bytes: count, complete: z.boolean() })
      .nullable()
      .describe("What `EXPORT_DIR/<email>` holds of it, in finished batches; null where it was never exported there."),
    failure: Failed.optional().describe("Why Gmail does not tell how much mail there is."),
  })
  .meta({
    id: "CountedAccount",
    examples: [
      {
        email: "ada@example.com",
        messages: 12_345,
        conversations: 6_420,
        units: 246_925,
        exported: { messages: 12_001, bytes: 148_220_117, complete: true },
      },
    ],
  });

/** What holds the service account's project, and each account in it. */
export const DomainLimits = z
  .object({
    tier: z.enum(["2026", "legacy"]),
    units_per_minute: z.number().describe("Of one account."),
    project_units_per_minute: z.number().describe("Of all together."),
    concurrency: z.int().describe("Accounts exported at once: EXPORT_CONCURRENCY of this server."),
  })
  .meta({
    id: "DomainLimits",
    examples: [{ tier: "2026", units_per_minute: 6_000, project_units_per_minute: 1_200_000, concurrency: 4 }],
  });
