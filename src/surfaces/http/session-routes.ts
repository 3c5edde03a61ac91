import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { refuse } from "../../core/errors.ts";
import type { Access } from "./access.ts";
import { allIn } from "./families.ts";
import { Problem } from "./problem.ts";

const nothing = z.strictObject({});

const SessionStatus = z
  .object({ required: z.boolean(), signed_in: z.boolean(), expires_at: z.iso.datetime().nullable() })
  .meta({ id: "SessionStatus" });

/** A browser's way past the API key; `access` is undefined where there is none. */
export function sessionRoutes(access: Access | undefined): FastifyPluginAsyncZod {
  return async (app) => {
    allIn("session", app);

    app.get(
      "/session",
      {
        schema: {
          tags: ["session"],
          summary: "Whether this server asks for its API key, and whether this client's calls are let in",
          querystring: nothing,
          response: { 200: SessionStatus, 401: Problem, 429: Problem },
        },
      },
      async (request, reply) => {
        if (!access) return { required: false, signed_in: true, expires_at: null };
        const admission = await access.of(request, reply);
        const end = admission?.expiresAt ?? null;
        return {
          required: true,
          signed_in: admission !== undefined,
          expires_at: end === null ? null : new Date(end).toISOString(),
        };
      },
    );

    app.post(
      "/session",
      {
        schema: {
          tags: ["session"],
          summary: "Exchange the API key for a session cookie, which is as good for twelve hours",
          querystring: nothing,
          body: z.strictObject({ key: z.string().min(1) }),
          response: { 204: z.null(), 401: Problem, 409: Problem, 422: Problem, 429: Problem },
        },
      },
      async (request, reply) => {
        if (!access)
          throw refuse(
            "not_in_this_state",
            "This server asks for no API key.",
            "Use it as it is; all calls are let in.",
          );
        await access.signIn(request.body.key, request, reply);
        return reply.code(204).send(null);
      },
    );

    app.delete(
      "/session",
      {
        schema: {
          tags: ["session"],
          summary: "End this browser's session",
          querystring: nothing,
          body: nothing.nullish(),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        access?.signOut(request, reply);
        return reply.code(204).send(null);
      },
    );
  };
}
