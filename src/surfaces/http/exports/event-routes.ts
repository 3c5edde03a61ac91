import { createHash } from "node:crypto";

import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { LIVE, type ExportJob } from "../../../core/export/job.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { clientGone } from "../client-gone.ts";
import { describeEmpty, describeProblems, UNKNOWN_EXPORT } from "../contract/answers.ts";
import { EVENT, EXPORT_ID } from "../contract/examples.ts";
import type { Common, ExportServices } from "../services.ts";
import { openEventStream, type EventStream, type ServerSentEvent } from "./event-stream.ts";
import { viewOf } from "./export-view.ts";

/** At most four events a second. */
const GAP_MS = 250;

/** Proxies close what is silent for a minute, some for half of one. */
const HEARTBEAT_MS = 15_000;

const DESCRIPTION = `Server-sent events. Each is named \`export\`, and its data is the export as GET /exports lists it: one
at once, then one whenever that changes, at most four a second; a comment every 15 seconds in between. The stream ends
behind the event that shows the export's end. With the last event's id as Last-Event-ID nothing is told twice; when that
was the last of an export that has ended, the answer is 204, which tells a browser's EventSource to stop.`;

export function eventRoutes({ queue, clock, log }: Pick<ExportServices, "queue"> & Common): FastifyPluginAsyncZod {
  return async (app) => {
    const closing = new AbortController();
    app.addHook("preClose", async () => closing.abort());

    app.get(
      "/exports/:id/events",
      {
        exposeHeadRoute: false,
        schema: {
          tags: ["exports"],
          summary: "Watch an export",
          description: DESCRIPTION,
          params: z.strictObject({ id: z.string().meta({ examples: [EXPORT_ID] }) }),
          querystring: z.strictObject({}),
          headers: z.looseObject({
            "last-event-id": z
              .string()
              .optional()
              .meta({ examples: ["1795314395284-0f3c1a9be27d4e65"] }),
          }),
          response: {
            200: {
              description: "Events",
              content: { "text/event-stream": { schema: z.string().meta({ examples: [EVENT] }) } },
            },
            204: describeEmpty("The export has ended, and that is known already"),
            ...describeProblems({ 404: UNKNOWN_EXPORT }),
          },
        },
      },
      async ({ id: requestId, params, headers }, reply) => {
        const look = (signal?: AbortSignal): Promise<ExportJob> => queue.get(params.id, signal);
        const seen = contentOf(headers["last-event-id"]);
        const first = await look();
        if (hasEnded(first) && contentOf(eventOf(first).id) === seen) return reply.code(204).send(null);

        const signal = AbortSignal.any([clientGone(reply), closing.signal]);
        const stream = openEventStream(reply, signal);
        try {
          await tell(stream, look, seen, { queue, clock }, signal);
        } catch (error) {
          if (!signal.aborted)
            log.error("events broke off", { requestId, error: error instanceof Error ? error.name : "unknown" });
        } finally {
          stream.end();
        }
        return reply;
      },
    );
  };
}

/** Tells what changes until the export has ended. What changes while one is told, and what another process does, is in the next. */
async function tell(
  stream: EventStream,
  look: (signal: AbortSignal) => Promise<ExportJob>,
  seen: string,
  { queue, clock }: { queue: ExportServices["queue"]; clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  let last = seen;
  let spokeAt = clock.now();
  while (!signal.aborted) {
    const told = new AbortController();
    const changed = queue.changed(AbortSignal.any([signal, told.signal])); // from before the look on
    const job = await look(signal);
    const event = eventOf(job);
    const isNews = contentOf(event.id) !== last;
    const isLate = clock.now() - spokeAt >= HEARTBEAT_MS;
    if (isNews) await stream.send(event);
    else if (isLate) await stream.comment("still there");
    if (isNews || isLate || hasEnded(job)) told.abort();
    if (hasEnded(job)) return;
    if (isNews || isLate) {
      last = contentOf(event.id);
      spokeAt = clock.now();
      await clock.sleep(GAP_MS, signal);
    } else await changed;
  }
}

/**
 * An id is when the export changed and a digest of what is told of it. The time makes ids grow; the digest alone says
 * whether there is anything new, as two changes may fall into one millisecond.
 */
function eventOf(job: ExportJob): ServerSentEvent {
  const view = viewOf(job);
  const digest = createHash("sha256").update(JSON.stringify({ ...view, updated_at: "" }));
  return { id: `${job.updatedAt}-${digest.digest("hex").slice(0, 16)}`, event: "export", data: view };
}

function contentOf(id: string | undefined): string {
  return id?.split("-")[1] ?? "";
}

function hasEnded({ state }: ExportJob): boolean {
  return !LIVE.includes(state);
}
