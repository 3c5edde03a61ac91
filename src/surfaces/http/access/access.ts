import { createHash, timingSafeEqual } from "node:crypto";

import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";

import { refuse } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { Secret } from "../../../core/secret.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { MakeAttempts } from "./attempts.ts";
import { sessionsFor } from "./session.ts";

/** A misconfigured program may go on asking; a person mistypes a few times; nobody guesses 256 bits. */
const WRONG_KEYS_A_MINUTE = 10;

/** Who may call a server that has an API key: who shows it, and a browser that has shown it. */
export type Access = Readonly<{
  /**
   * What lets this request in, and when that ends: null where it does not. Undefined when nothing does.
   * Throws `api_key_wrong`, and `too_many_attempts` for a wrong key from an address that has shown too many.
   */
  authenticate(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Readonly<{ expiresAt: EpochMs | null }> | undefined>;
  /** Gives the browser a session for the key. Throws as above. */
  signIn(key: string, request: FastifyRequest, reply: FastifyReply): Promise<void>;
  signOut(request: FastifyRequest, reply: FastifyReply): void;
}>;

type Parts = Readonly<{ apiKey: Secret; redirectUri: URL; makeAttempts: MakeAttempts; clock: Clock; log: Log }>;

export function createAccess({ apiKey, redirectUri, makeAttempts, clock, log }: Parts): Access {
  const sessions = sessionsFor(apiKey, clock);
  const wrongKeys = makeAttempts(WRONG_KEYS_A_MINUTE);
  const cookie = sessionCookie(redirectUri);
  const digest = digestOf(apiKey.reveal());

  const mustBeKey = async (given: string, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    // A right key always passes: behind one address there may be a program with an old key, and everybody else.
    if (timingSafeEqual(digestOf(given), digest)) return;
    await wrongKeys.mustBeLeft(request, reply);
    await wrongKeys.count(request);
    log.warn("wrong API key", { requestId: request.id });
    throw refuse(
      "api_key_wrong",
      "This is not the API key of this server.",
      "Copy API_KEY as it stands in the server's settings.",
    );
  };

  return {
    async authenticate(request, reply) {
      const given = bearerOf(request.headers.authorization);
      if (given !== undefined) {
        await mustBeKey(given, request, reply);
        return { expiresAt: null };
      }
      const expiresAt = sessions.expiryOf(request.cookies[cookie.name] ?? "");
      return expiresAt === undefined ? undefined : { expiresAt };
    },
    async signIn(key, request, reply) {
      await mustBeKey(key, request, reply);
      const { value, expiresAt } = sessions.begin();
      void reply.setCookie(cookie.name, value, { ...cookie.options, expires: new Date(expiresAt) });
    },
    signOut(request, reply) {
      sessions.end(request.cookies[cookie.name] ?? "");
      void reply.clearCookie(cookie.name, cookie.options);
    },
  };
}

/** Under https a name that no other host, and no page that came over http, can set (RFC 6265bis §4.1.3.2). */
export function sessionCookie({ protocol }: URL): Readonly<{ name: string; options: CookieSerializeOptions }> {
  const secure = protocol === "https:";
  return {
    name: secure ? "__Host-gmail_export_session" : "gmail_export_session",
    options: { path: "/", httpOnly: true, sameSite: "strict", secure },
  };
}

/** What is not `Bearer` is not for this server: a proxy's own Basic password, say. */
function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S.*)$/i.exec(authorization ?? "")?.[1];
}

/** Digests have one length, which comparing in constant time asks for. */
function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
