import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { FINDINGS, STATUSES } from "../../pipeline/doctor/finding.ts";
import { Problem } from "./problem.ts";
import type { Services } from "./services.ts";

/** Far longer than all the limits of what is looked at together. */
const LIMIT_MS = 120_000;

const Finding = z
  .object({
    id: z.enum(FINDINGS),
    account: z.string().optional(),
    status: z.enum(STATUSES),
    what: z.string(),
    why: z.string(),
    next: z.string(),
  })
  .meta({ id: "Finding" });

export function doctorRoutes({ doctor }: Pick<Services, "doctor">): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/doctor",
      {
        schema: {
          tags: ["health"],
          summary: "What stands in the way of an export, why it matters and what to do (1 quota unit an account)",
          querystring: z.strictObject({ email: z.email().optional() }),
          response: { 200: z.array(Finding), 422: Problem },
        },
      },
      async ({ query }) => [...(await doctor(query.email, AbortSignal.timeout(LIMIT_MS)))],
    );
  };
}
