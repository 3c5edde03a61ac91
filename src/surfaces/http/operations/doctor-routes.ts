import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { timeLimit } from "../../../core/time-limit.ts";
import { FINDINGS, STATUSES } from "../../../doctor/finding.ts";
import { describeAnswer, INVALID_FIELDS, describeProblems } from "../contract/answers.ts";
import { EMAIL } from "../contract/examples.ts";
import type { Common, OperationsServices } from "../services.ts";

/** Far longer than all the limits of what is looked at together. */
const LIMIT_MS = 120_000;

const NODE_FINDING = { id: "node", status: "ok", what: "Node v24.21.0", why: "", next: "" };

const Finding = z
  .object({
    id: z.enum(FINDINGS),
    account: z.string().optional(),
    status: z.enum(STATUSES),
    what: z.string(),
    why: z.string(),
    next: z.string(),
  })
  .meta({ id: "Finding", examples: [NODE_FINDING] });

export function doctorRoutes({
  doctor,
  clock,
}: Pick<OperationsServices, "doctor"> & Pick<Common, "clock">): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/doctor",
      {
        schema: {
          tags: ["health"],
          summary: "What stands in the way of an export, why it matters and what to do (1 quota unit an account)",
          querystring: z.strictObject({
            email: z
              .email()
              .meta({ examples: [EMAIL] })
              .optional(),
          }),
          response: {
            200: describeAnswer(
              "All that was looked at, in order",
              z.array(Finding).meta({ examples: [[NODE_FINDING]] }),
            ),
            ...describeProblems({ 422: INVALID_FIELDS }),
          },
        },
      },
      async ({ query }) => {
        using limit = timeLimit(clock, LIMIT_MS);
        return [...(await doctor(query.email, limit.signal))];
      },
    );
  };
}
