import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

import { redeem } from "../domain/assertion.ts";
import type { Domain } from "../domain/domain.ts";
import { noSuchUrl } from "../errors.ts";
import { refusalOf, type FaultSource } from "../faults.ts";
import { refused, type Reply } from "../reply.ts";
import type { Client } from "./client.ts";
import { consentScreen, provesChallenge, type Consent } from "./consent-screen.ts";
import type { Grants } from "./grants.ts";

type OAuth = Readonly<{
  client: Client;
  grants: Grants;
  consent: Consent;
  accounts: readonly string[];
  rotateRefreshTokens: boolean;
  faults: FaultSource;
  clock: () => number;
  domain: Domain | undefined;
}>;

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const SCREENS: ReadonlySet<string> = new Set(["/o/oauth2/auth", "/o/oauth2/v2/auth"]);

/** Google's OAuth endpoints; undefined for any other path. */
export function oauth(world: OAuth) {
  return async (request: IncomingMessage, url: URL): Promise<Reply | undefined> => {
    const { pathname } = url;
    if (SCREENS.has(pathname) && request.method === "GET") return consentScreen(world, url.searchParams);
    if (pathname !== "/token" && pathname !== "/revoke") return undefined;
    if (request.method !== "POST") return refused(noSuchUrl(pathname));
    if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers["content-type"] ?? ""))
      return failure(400, "invalid_request", "The request body must be application/x-www-form-urlencoded.");
    const form = new URLSearchParams(await text(request));
    if (pathname === "/revoke") return revoke(world, form);
    return token(world, form, `http://${request.headers.host ?? ""}/token`);
  };
}

/** POST /token: authorization codes, refresh tokens and JWTs into access tokens. */
function token(world: OAuth, form: URLSearchParams, audience: string): Reply {
  const fault = world.faults.strike({ method: "token", email: "", pageToken: false });
  if (fault !== undefined) return refused(refusalOf(fault));
  if (form.get("grant_type") === JWT_BEARER) return delegated(world, form, audience);
  const unauthenticated = authenticate(world.client, form);
  if (unauthenticated !== undefined) return unauthenticated;

  switch (form.get("grant_type")) {
    case "authorization_code":
      return exchange(world, form);
    case "refresh_token":
      return refresh(world, form);
    case null:
      return failure(400, "invalid_request", "Required parameter is missing: grant_type");
    default:
      return failure(400, "unsupported_grant_type", `Invalid grant_type: ${form.get("grant_type")}`);
  }
}

function authenticate(client: Client, form: URLSearchParams): Reply | undefined {
  if (!form.has("client_id")) return failure(400, "invalid_request", "Could not determine client ID from request.");
  if (form.get("client_id") !== client.client_id)
    return failure(401, "invalid_client", "The OAuth client was not found.");
  const secret = form.get("client_secret");
  if (secret === null && client.needsSecret) return failure(400, "invalid_request", "client_secret is missing.");
  if (secret !== null && secret !== client.client_secret) return failure(401, "invalid_client", "Unauthorized");
  return undefined;
}

/** A service account's JWT for a token of a user of its domain (RFC 7523); it needs no client, and brings no refresh token. */
function delegated({ domain, grants, clock }: OAuth, form: URLSearchParams, audience: string): Reply {
  const assertion = form.get("assertion");
  if (assertion === null) return failure(400, "invalid_request", "Missing required parameter: assertion");
  const bought =
    domain === undefined
      ? { error: "invalid_grant", error_description: "Invalid grant: account not found", status: 400 }
      : redeem(domain, assertion, audience, clock());
  if ("error" in bought) return failure(bought.status, bought.error, bought.error_description);
  const access_token = grants.issueAccess(bought.email, bought.scopes);
  return {
    status: 200,
    headers: {},
    body: { access_token, expires_in: grants.accessTokenSeconds, token_type: "Bearer" },
  };
}

function exchange(world: OAuth, form: URLSearchParams): Reply {
  const value = form.get("code");
  if (value === null) return failure(400, "invalid_request", "Missing required parameter: code");
  if (!/^4\/0A[\w-]{20,}$/.test(value)) return failure(400, "invalid_grant", "Malformed auth code.");
  const code = world.grants.takeCode(value);
  if (code === undefined) return failure(400, "invalid_grant", "Bad Request");
  if (form.get("redirect_uri") !== code.redirectUri) return failure(400, "invalid_grant", "Bad Request");
  const verifier = form.get("code_verifier");
  if (code.challenge !== undefined) {
    if (verifier === null) return failure(400, "invalid_grant", "Missing code verifier.");
    if (!provesChallenge(code.challenge, verifier)) return failure(400, "invalid_grant", "Invalid code verifier.");
  } else if (verifier !== null) return failure(400, "invalid_grant", "code_verifier or verifier is not needed.");
  world.grants.issued.exchanges++;
  const { email, scopes } = code;
  const refreshToken = code.withRefreshToken ? world.grants.issueRefresh({ email, scopes }) : undefined;
  return tokens(world, email, scopes, refreshToken);
}

function refresh(world: OAuth, form: URLSearchParams): Reply {
  const { grants, rotateRefreshTokens } = world;
  const old = form.get("refresh_token");
  if (old === null) return failure(400, "invalid_request", "Missing required parameter: refresh_token");
  const grant = grants.refresh(old);
  if (grant === undefined) return failure(400, "invalid_grant", "Token has been expired or revoked.");
  const { email, scopes } = grant;
  grants.issued.refreshes++;
  if (!rotateRefreshTokens) return tokens(world, email, scopes);
  grants.dropRefresh(old);
  return tokens(world, email, scopes, grants.issueRefresh(grant));
}

function tokens(
  { client, grants, clock }: OAuth,
  email: string,
  scopes: readonly string[],
  refreshToken?: string,
): Reply {
  const body = {
    access_token: grants.issueAccess(email, scopes),
    expires_in: grants.accessTokenSeconds,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    // The order of scopes is not guaranteed.
    scope: scopes.toReversed().join(" "),
    token_type: "Bearer",
    ...(scopes.includes("openid") ? { id_token: idToken(client, email, clock()) } : {}),
  };
  return { status: 200, headers: { "cache-control": "no-cache, no-store, max-age=0, must-revalidate" }, body };
}

/** POST /revoke with an access or a refresh token: everything the person gave this project ends. */
function revoke({ grants }: OAuth, form: URLSearchParams): Reply {
  const value = form.get("token");
  if (value === null) return failure(400, "invalid_request", "Missing required parameter: token");
  const email = grants.ownerOf(value);
  if (email === undefined) return failure(400, "invalid_token", "Token expired or revoked");
  grants.revoke(email);
  return { status: 200, headers: {}, body: {} };
}

const failure = (status: number, error: string, error_description: string): Reply => ({
  status,
  headers: {},
  body: { error, error_description },
});

let signingKey: KeyObject | undefined;

/** OpenID Connect's proof of who signed in; the key is the process's own and published nowhere. */
function idToken({ client_id }: Client, email: string, now: number): string {
  signingKey ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const iat = Math.floor(now / 1_000);
  const claims = {
    iss: "https://accounts.google.com",
    azp: client_id,
    aud: client_id,
    sub: subject(email),
    email,
    email_verified: true,
    iat,
    exp: iat + 3_600,
  };
  const signed = [{ alg: "RS256", kid: "simulator", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), signingKey).toString("base64url")}`;
}

/** Google's account ids are 21 digits. */
const subject = (email: string) => `1${BigInt(`0x${Buffer.from(email).toString("hex")}`)}`.padEnd(21, "7").slice(0, 21);
