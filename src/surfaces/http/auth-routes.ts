import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { failureOf, refuse } from "../../core/errors.ts";
import type { SignInStart } from "../../core/grant.ts";
import { signedInPage, refusedPage } from "../pages.ts";
import type { MakeAttempts } from "./attempts.ts";
import { Problem, statusOf } from "./problem.ts";
import type { Services } from "./services.ts";

const email = z.email();

/** A parameter of the callback as Google, or anybody, sent it: given twice it is none, and the page says what is wrong. */
const parameter = z.string().optional().catch(undefined);

/** How long a sign-in or sign-out may wait for Google. */
const GOOGLE_MS = 60_000;

const Status = z
  .object({
    authenticated: z.boolean(),
    email: z.string(),
    user_id: z.string().nullable(),
    scopes: z.array(z.string()),
    granted_at: z.iso.datetime().nullable(),
    access_token_expires_at: z.iso.datetime().nullable(),
    can_refresh: z.boolean(),
    warning: z.string().optional(),
  })
  .meta({ id: "GrantStatus" });

/** Each sign-in has its own cookie, so that two tabs do not undo each other. */
function cookieOf(state: string): string {
  return `gmail_export_sign_in_${state.replace(/[^A-Za-z0-9_-]/g, "").slice(0, 16)}`;
}

/** Each makes a secret to remember, or asks Google: far more than people do, and far less than a loop. */
const SIGN_INS_A_MINUTE = 60;

export function authRoutes({
  accounts,
  redirectUri,
  log,
  makeAttempts,
}: Pick<Services, "accounts" | "redirectUri" | "log"> & { makeAttempts: MakeAttempts }): FastifyPluginAsyncZod {
  const [starts, callbacks] = [makeAttempts(SIGN_INS_A_MINUTE), makeAttempts(SIGN_INS_A_MINUTE)];
  /** The cookie is set for the host the browser asked; only on the redirect URI's own will it come back. */
  const elsewhere = ({ host, query }: FastifyRequest): boolean =>
    host !== redirectUri.host && !Object.hasOwn(Object(query), "moved");

  return async (app) => {
    app.get(
      "/auth/gmail",
      {
        config: { family: "signIn" },
        schema: {
          tags: ["sign-in"],
          summary: "Send the browser to Google to sign in",
          querystring: z.strictObject({ email: email.optional(), moved: z.literal("1").optional() }),
          response: { 302: z.null(), 422: Problem, 429: Problem, 503: Problem },
        },
      },
      async (request, reply) => {
        const { email: account } = request.query;
        if (elsewhere(request)) {
          const here = new URL("/auth/gmail", redirectUri);
          if (account !== undefined) here.searchParams.set("email", account);
          here.searchParams.set("moved", "1");
          return reply.redirect(here.href, 302);
        }
        const begin = async (): Promise<SignInStart> => {
          await starts.mustBeLeft(request, reply);
          await starts.count(request);
          return accounts.begin(account ?? "");
        };
        const begun = await begin().catch((error: unknown) => {
          const failure = failureOf(error);
          if (!failure || !isBrowser(request)) throw error;
          return failure;
        });
        if ("code" in begun) return sendPage(reply, statusOf(begun.code), refusedPage(begun));
        const { url, browserKey } = begun;
        const state = new URL(url).searchParams.get("state") ?? "";
        return reply
          .setCookie(cookieOf(state), browserKey, {
            path: redirectUri.pathname,
            httpOnly: true,
            sameSite: "lax", // the way back from Google is a cross-site navigation
            secure: redirectUri.protocol === "https:",
            maxAge: 600,
          })
          .redirect(url, 302);
      },
    );

    app.get(
      redirectUri.pathname,
      {
        config: { family: "callback" },
        schema: {
          tags: ["sign-in"],
          summary: "Where Google sends the browser back; answers with a page",
          querystring: z.looseObject({ code: parameter, state: parameter, error: parameter, iss: parameter }),
        },
      },
      async (request, reply) => {
        const { id: requestId, query, cookies } = request;
        // The cookie is left to run out: a reloaded page is told that the sign-in was used, not that the browser is another.
        const cookie = cookieOf(query.state ?? "");
        try {
          await callbacks.mustBeLeft(request, reply);
          await callbacks.count(request);
          const account = await accounts.finish(query, cookies[cookie] ?? "", AbortSignal.timeout(GOOGLE_MS));
          return await sendPage(reply, 200, signedInPage(account));
        } catch (error) {
          const failure = failureOf(error);
          if (!failure) throw error;
          log.warn("sign-in refused", { requestId, code: failure.code });
          return await sendPage(reply, statusOf(failure.code), refusedPage(failure));
        }
      },
    );

    app.get(
      "/auth/status",
      {
        schema: {
          tags: ["sign-in"],
          summary: "Whether an account is signed in, and how its grant is",
          querystring: z.strictObject({ email: email.optional() }),
          response: { 200: Status, 400: Problem, 422: Problem },
        },
      },
      async ({ query }) => statusView(await accounts.status(required(query.email))),
    );

    app.get(
      "/accounts",
      {
        schema: {
          tags: ["sign-in"],
          summary: "Who is signed in",
          querystring: z.strictObject({}),
          response: { 200: z.array(Status) },
        },
      },
      async () => (await accounts.list()).map(statusView),
    );

    app.delete(
      "/auth",
      {
        schema: {
          tags: ["sign-in"],
          summary: "Sign an account out: revoke the grant at Google, then forget it",
          querystring: z.strictObject({ email: email.optional() }),
          response: {
            200: z.object({ email: z.string(), signed_out: z.literal(true), revoked_at_google: z.boolean() }),
            400: Problem,
            422: Problem,
          },
        },
      },
      async ({ query }) => {
        const account = required(query.email);
        const { revoked } = await accounts.signOut(account, AbortSignal.timeout(GOOGLE_MS));
        return { email: account, signed_out: true as const, revoked_at_google: revoked };
      },
    );
  };
}

/** Programs ask for anything, or for JSON; browsers ask for pages. */
function isBrowser({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes("text/html") === true;
}

async function sendPage(reply: FastifyReply, status: number, page: string): Promise<FastifyReply> {
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .serializer(String)
    .send(page);
}

function statusView(status: Awaited<ReturnType<Services["accounts"]["status"]>>): z.infer<typeof Status> {
  return { ...status, scopes: [...status.scopes] };
}

function required(account: string | undefined): string {
  if (account !== undefined) return account;
  throw refuse("invalid_request", "The parameter email is missing.", "Add ?email=you@example.com to the address.");
}
