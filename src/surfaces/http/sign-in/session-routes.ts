import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { refuse } from "../../../core/errors.ts";
import type { Access } from "../access/access.ts";
import { assignFamily } from "../access/families.ts";
import {
  describeAnswer,
  describeEmpty,
  INVALID_FIELDS,
  describeProblems,
  TOO_MANY_ATTEMPTS,
} from "../contract/answers.ts";
import { KEY } from "../contract/examples.ts";

const nothing = z.strictObject({});

export const SessionStatus = z
  .object({ required: z.boolean(), signed_in: z.boolean(), expires_at: z.iso.datetime().nullable() })
  .meta({
    id: "SessionStatus",
    examples: [{ required: true, signed_in: true, expires_at: "2026-11-23T14:04:22.500Z" }],
  });

const WRONG_KEY = "The key is another.";

/** A browser's way past the API key; `access` is undefined where there is none. */
export function sessionRoutes(access: Access | undefined): FastifyPluginAsyncZod {
  return async (app) => {
    assignFamily("session", app);

    app.get(
      "/session",
      {
        schema: {
          tags: ["session"],
          summary: "Whether this server asks for its API key, and whether this client's calls are let in",
          querystring: nothing,
          response: {
            200: describeAnswer("How this client stands; `expires_at` is null for the key itself", SessionStatus),
            ...describeProblems({ 401: WRONG_KEY, 429: TOO_MANY_ATTEMPTS }),
          },
        },
      },
      async (request, reply) => {
        if (!access) return { required: false, signed_in: true, expires_at: null };
        const admission = await access.authenticate(request, reply);
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
          body: z.strictObject({ key: z.string().min(1) }).meta({ examples: [{ key: KEY }] }),
          response: {
            204: describeEmpty("Signed in: the cookie is as good as the key"),
            ...describeProblems({
              401: WRONG_KEY,
              409: "This server asks for no key.",
              422: INVALID_FIELDS,
              429: TOO_MANY_ATTEMPTS,
            }),
          },
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
          body: nothing.nullish().meta({ examples: [{}] }),
          response: { 204: describeEmpty("Over, where there was one") },
        },
      },
      async (request, reply) => {
        access?.signOut(request, reply);
        return reply.code(204).send(null);
      },
    );
  };
}
