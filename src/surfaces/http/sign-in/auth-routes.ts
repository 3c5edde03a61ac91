import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { failureOf, refuse } from "../../../core/errors.ts";
import type { SignInStart } from "../../../core/ports/accounts.ts";
import { timeLimit } from "../../../core/time-limit.ts";
import { refusedPage, signedInPage } from "../../pages.ts";
import { languageOf, type Language } from "../../words/language.ts";
import type { MakeAttempts } from "../access/attempts.ts";
import {
  describeAnswer,
  describeEmpty,
  htmlPage,
  INVALID_FIELDS,
  describeProblems,
  TOO_MANY_ATTEMPTS,
} from "../contract/answers.ts";
import { EMAIL, GRANT } from "../contract/examples.ts";
import { statusOf } from "../contract/problem.ts";
import type { AccessSettings, Common, SignInServices } from "../services.ts";

const email = z.email().meta({ examples: [EMAIL] });

/** A parameter of the callback as Google, or anybody, sent it: given twice it is none, and the page says what is wrong. */
const parameter = z.string().optional().catch(undefined);

const CONSOLE = "/";

/** Where the console lists accounts: the one place that a sign-in may return to. */
const CONSOLE_ACCOUNTS = "/#/accounts";

/** Behind the browser's key in the cookie (no key holds a dot): the wish to return to the console, kept with its sign-in. */
const RETURN_TO_CONSOLE = ".console";

/** How long a sign-in or sign-out may wait for Google. */
const GOOGLE_MS = 60_000;

export const Status = z
  .object({
    authenticated: z.boolean(),
    email: z.string(),
    user_id: z.string().nullable(),
    scopes: z.array(z.string()),
    granted_at: z.iso.datetime().nullable(),
    access_token_expires_at: z.iso.datetime().nullable(),
    can_refresh: z.boolean(),
    service_account: z
      .string()
      .optional()
      .describe("The service account that reads this account; nobody has to sign in then."),
    warning: z.string().optional(),
  })
  .meta({ id: "GrantStatus", examples: [GRANT] });

const SignedOut = z
  .object({ email: z.string(), signed_out: z.literal(true), revoked_at_google: z.boolean() })
  .meta({ id: "SignedOut", examples: [{ email: EMAIL, signed_out: true, revoked_at_google: true }] });

const REFUSED = htmlPage(
  "Not signed in: what happened, what to do, and the code",
  '<!doctype html>\n<html lang="en">…<h1>Not signed in</h1>…</html>\n',
);

const NO_EMAIL = "The parameter `email` is missing.";

/** Each sign-in has its own cookie, so that two tabs do not undo each other. */
function cookieOf(state: string): string {
  return `gmail_export_sign_in_${state.replace(/[^A-Za-z0-9_-]/g, "").slice(0, 16)}`;
}

/** Each makes a secret to remember, or asks Google: far more than people do, and far less than a loop. */
const SIGN_INS_A_MINUTE = 60;

export function authRoutes({
  accounts,
  redirectUri,
  clock,
  log,
  makeAttempts,
}: Pick<SignInServices, "accounts"> &
  Pick<AccessSettings, "redirectUri"> &
  Common & {
    makeAttempts: MakeAttempts;
  }): FastifyPluginAsyncZod {
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
          description:
            "A browser that asked another host than the redirect URI's is first sent there, with `moved=1`. With `return=console` the sign-in ends in the console instead of on a page of its own.",
          querystring: z.strictObject({
            email: email.optional(),
            return: z
              .literal("console")
              .optional()
              .meta({ examples: ["console"] }),
            moved: z
              .literal("1")
              .optional()
              .meta({ examples: ["1"] }),
          }),
          response: {
            302: describeEmpty("To Google, or to the same call on the redirect URI's own origin"),
            ...describeProblems({
              422: INVALID_FIELDS,
              429: TOO_MANY_ATTEMPTS,
              503: "There is no usable client file. A page, for who asks for text/html.",
            }),
          },
        },
      },
      async (request, reply) => {
        const { email: account, return: returnTo } = request.query;
        if (elsewhere(request)) {
          const here = new URL("/auth/gmail", redirectUri);
          if (account !== undefined) here.searchParams.set("email", account);
          if (returnTo !== undefined) here.searchParams.set("return", returnTo);
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
        if ("code" in begun)
          return sendPage(
            reply,
            statusOf(begun.code),
            refusedPage(spokenBy(request), begun, { signIn: request.url, console: CONSOLE }),
          );
        const { url, browserKey } = begun;
        const state = new URL(url).searchParams.get("state") ?? "";
        return reply
          .setCookie(cookieOf(state), browserKey + (returnTo === undefined ? "" : RETURN_TO_CONSOLE), {
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
          querystring: z.looseObject({
            code: parameter.meta({ examples: ["4/0AfJohXk0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3"] }),
            state: parameter.meta({ examples: ["0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3_-4"] }),
            error: parameter,
            iss: parameter,
          }),
          response: {
            200: htmlPage("Signed in", '<!doctype html>\n<html lang="en">…<h1>You are signed in</h1>…</html>\n'),
            303: describeEmpty("Signed in: on to the console, where the sign-in began with `return=console`"),
            "4xx": REFUSED,
            "5xx": REFUSED,
          },
        },
      },
      async (request, reply) => {
        const { id: requestId, query, cookies } = request;
        // The cookie is left to run out: a reloaded page is told that the sign-in was used, not that the browser is another.
        const kept = cookies[cookieOf(query.state ?? "")] ?? "";
        const browserKey = kept.endsWith(RETURN_TO_CONSOLE) ? kept.slice(0, -RETURN_TO_CONSOLE.length) : kept;
        try {
          await callbacks.mustBeLeft(request, reply);
          await callbacks.count(request);
          using limit = timeLimit(clock, GOOGLE_MS);
          const account = await accounts.finish(query, browserKey, limit.signal);
          if (kept.length > browserKey.length) return await reply.redirect(CONSOLE_ACCOUNTS, 303);
          return await sendPage(reply, 200, signedInPage(spokenBy(request), account, { console: CONSOLE }));
        } catch (error) {
          const failure = failureOf(error);
          if (!failure) throw error;
          log.warn("sign-in refused", { requestId, code: failure.code });
          return await sendPage(
            reply,
            statusOf(failure.code),
            refusedPage(spokenBy(request), failure, { signIn: againOf(kept), console: CONSOLE }),
          );
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
          response: {
            200: describeAnswer("How its grant is; `authenticated` is false for who never signed in", Status),
            ...describeProblems({ 400: NO_EMAIL, 422: INVALID_FIELDS }),
          },
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
          response: {
            200: describeAnswer("Each stored grant that can be opened", z.array(Status).meta({ examples: [[GRANT]] })),
          },
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
            200: describeAnswer("Signed out; `revoked_at_google` is false where Google could not be told", SignedOut),
            ...describeProblems({ 400: NO_EMAIL, 422: INVALID_FIELDS }),
          },
        },
      },
      async ({ query }) => {
        const account = required(query.email);
        using limit = timeLimit(clock, GOOGLE_MS);
        const { revoked } = await accounts.signOut(account, limit.signal);
        return { email: account, signed_out: true as const, revoked_at_google: revoked };
      },
    );
  };
}

/** The language that the browser prefers (RFC 9110 §12.5.4), in the order in which it names them, as browsers do. */
function spokenBy({ headers }: FastifyRequest): Language {
  return languageOf((headers["accept-language"] ?? "").split(","));
}

/** Where the same sign-in begins anew; which account it was for is known to nobody any more. */
function againOf(kept: string): string {
  return kept.endsWith(RETURN_TO_CONSOLE) ? "/auth/gmail?return=console" : "/auth/gmail";
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

function statusView(status: Awaited<ReturnType<SignInServices["accounts"]["status"]>>): z.infer<typeof Status> {
  return { ...status, scopes: [...status.scopes] };
}

function required(account: string | undefined): string {
  if (account !== undefined) return account;
  throw refuse("invalid_request", "The parameter email is missing.", "Add ?email=you@example.com to the address.");
}
