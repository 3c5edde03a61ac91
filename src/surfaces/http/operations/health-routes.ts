import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { ALARM_EVENTS } from "../../../core/export/alarm.ts";
import type { CurrentAlarm } from "../../../pipeline/unattended/current-alarms.ts";
import { clientGone } from "../client-gone.ts";
import { describeAnswer, describeProblems } from "../contract/answers.ts";
import { sendProblem } from "../contract/problem.ts";
import { StateName } from "../exports/export-view.ts";
import type { OperationsServices } from "../services.ts";
import { EXPOSITION_TYPE, gauge } from "./exposition.ts";
import { faultsOf } from "./readiness.ts";
import { workMetrics } from "./work-metrics.ts";

const nothing = z.strictObject({});

const saying = <Word extends string>(status: Word) =>
  z.object({ status: z.literal(status) }).meta({ examples: [{ status }] });

const ALARM = {
  event: "needs_sign_in",
  schedule_id: "5b1c7c0e-3e0b-4b3a-8f0e-6d1f2b9a7c11",
  export_id: "0d3f5a52-6c0e-4a53-9d3f-2f5a1c9d8e77",
  since: "2026-11-28T03:00:12.000Z",
};

export const Ready = z
  .object({
    status: z.literal("ready"),
    alarms: z.array(
      z.object({
        event: z.enum(ALARM_EVENTS),
        schedule_id: z.string(),
        export_id: z.string().nullable(),
        since: z.string(),
      }),
    ),
  })
  .meta({ examples: [{ status: "ready", alarms: [ALARM] }] });

/** Without the account: anybody may ask. */
function viewOfAlarm({ event, scheduleId, exportId, since }: CurrentAlarm): z.infer<typeof Ready>["alarms"][number] {
  return { event, schedule_id: scheduleId, export_id: exportId, since: new Date(since).toISOString() };
}

const METRICS = `# HELP gmail_export_exports Exports that are known, by state, of all processes together.
# TYPE gmail_export_exports gauge
gmail_export_exports{state="running"} 1
# HELP gmail_export_last_proven_timestamp_seconds Up to when what is in its directory was last proven complete, of the newest export of each.
# TYPE gmail_export_last_proven_timestamp_seconds gauge
gmail_export_last_proven_timestamp_seconds{export_id="0d3f5a52-6c0e-4a53-9d3f-2f5a1c9d8e77"} 1795852800
`;

/** Anybody may ask for these without a key: they say nothing of accounts or mail. */
const open = { family: "health" } as const;

/** What an operator asks of the server: does it live, can it work, what has it done. */
export function healthRoutes({
  measures,
  queue,
  readiness,
  alarms,
  lastProven,
  lookAtWork,
}: OperationsServices): FastifyPluginAsyncZod {
  const exportsByState = async (): Promise<string> => {
    const counts = await queue.counts();
    return gauge("gmail_export_exports", "Exports that are known, by state, of all processes together.", () =>
      StateName.options.map((state) => [{ state }, counts.get(state) ?? 0] as const),
    ).text();
  };

  const provenTimes = async (): Promise<string> => {
    const times = await lastProven();
    return gauge(
      "gmail_export_last_proven_timestamp_seconds",
      "Up to when what is in its directory was last proven complete, of the newest export of each.",
      () => times.map(({ exportId, provenAt }) => [{ export_id: exportId }, provenAt / 1_000] as const),
    ).text();
  };

  return async (app) => {
    app.get(
      "/healthz",
      {
        config: open,
        schema: {
          tags: ["health"],
          summary: "The server lives",
          response: { 200: describeAnswer("It does", saying("ok")) },
        },
      },
      async () => ({ status: "ok" as const }),
    );

    app.get(
      "/readyz",
      {
        config: open,
        schema: {
          tags: ["health"],
          summary: "The server can work: the list of exports can be read, and its folders written",
          response: {
            200: describeAnswer(
              "It can. `alarms` is what is wrong with exports that have a schedule, as it was seen within the last " +
                "minute, without a name; the server is ready all the same, as somebody may have to sign in at it.",
              Ready,
            ),
            ...describeProblems({ 503: "It cannot; `errors` names each folder that is at fault, and why." }),
          },
        },
      },
      async (_request, reply) => {
        const errors = await faultsOf(readiness);
        if (errors.length === 0) return { status: "ready" as const, alarms: (await alarms()).map(viewOfAlarm) };
        return sendProblem(
          reply,
          503,
          "not_ready",
          errors.map(({ field, message }) => `${field}: ${message}`).join(" "),
          "Mend what is named; exports that cannot go on meanwhile go on afterwards.",
          { errors: [...errors] },
        );
      },
    );

    app.get(
      "/metrics",
      {
        schema: {
          tags: ["health"],
          summary: "What this process has done, what all workers do, and all exports by state, for Prometheus",
          querystring: nothing,
          response: {
            200: {
              description: "Text format 0.0.4",
              content: { "text/plain": { schema: z.string().meta({ examples: [METRICS] }) } },
            },
          },
        },
      },
      async (_request, reply) => {
        const [states, work, proven] = await Promise.all([
          exportsByState(),
          lookAtWork(clientGone(reply)).then(workMetrics),
          provenTimes(),
        ]);
        return sendText(reply, states + work + proven + measures.text());
      },
    );
  };
}

async function sendText(reply: FastifyReply, text: string): Promise<FastifyReply> {
  return reply.type(EXPOSITION_TYPE).serializer(String).send(text);
}
