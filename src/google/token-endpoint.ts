import type { OAuth2Client } from "google-auth-library";

import { refuse } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import { Secret } from "../core/secret.ts";
import { isMoment, type EpochMs } from "../core/time.ts";
import { askGoogle, library, transient, type Answer } from "./ask-google.ts";
import type { ClientCredentials } from "./credentials.ts";

/** How it is called in sentences. */
export const TOKEN_ENDPOINT = "Google's token endpoint";

/** Google's tokens live an hour; a lifetime that was left out (RFC 6749 §5.1 allows it) is taken to be that. */
const USUAL_LIFETIME_SECONDS = 3_600;

/** What the token endpoint gave (RFC 6749 §5.1). */
export type Tokens = Readonly<{
  accessToken: Secret;
  expiresAt: EpochMs;
  /** At a refresh: a rotated one, which replaces the one that was sent. */
  refreshToken: Secret | undefined;
  /** Undefined when left out, which means: as asked for. */
  scopes: readonly string[] | undefined;
}>;

/** A refusal that means one thing for a code and another for a refresh token (RFC 6749 §5.2). */
export type Refusal = Readonly<{ error: string; error_subtype: string | undefined }>;

type CodeRequest = Readonly<{ code: Secret; codeVerifier: Secret; redirectUri: string }>;

/** Where the browser goes (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export async function authorizationUrl(
  credentials: ClientCredentials,
  request: Readonly<{
    account: string;
    scopes: readonly string[];
    redirectUri: string;
    state: string;
    codeChallenge: string;
  }>,
): Promise<string> {
  const { CodeChallengeMethod, OAuth2Client } = await library();
  return new OAuth2Client({
    clientId: credentials.clientId,
    endpoints: { oauth2AuthBaseUrl: credentials.authUri },
  }).generateAuthUrl({
    scope: [...request.scopes],
    redirect_uri: request.redirectUri,
    state: request.state,
    code_challenge: request.codeChallenge,
    code_challenge_method: CodeChallengeMethod.S256,
    access_type: "offline",
    prompt: "consent", // without it Google gives a refresh token the first time only
    ...(request.account !== "" && { login_hint: request.account }),
  });
}

/** A code for tokens (RFC 6749 §4.1.3). Asked once: a code that may have arrived must not be sent again. */
export async function exchange(
  credentials: ClientCredentials,
  clock: Clock,
  { code, codeVerifier, redirectUri }: CodeRequest,
  signal: AbortSignal,
): Promise<Tokens | Refusal> {
  const askedAt = clock.now();
  const answer = await ask(credentials, signal, (client) =>
    client.getToken({ code: code.reveal(), codeVerifier: codeVerifier.reveal(), redirect_uri: redirectUri }),
  );
  return read(answer, credentials, askedAt);
}

/** A refresh token for an access token (RFC 6749 §6). Asked once; repeating is the caller's affair. */
export async function refresh(
  credentials: ClientCredentials,
  clock: Clock,
  refreshToken: Secret,
  signal: AbortSignal,
): Promise<Tokens | Refusal> {
  const askedAt = clock.now();
  const answer = await ask(credentials, signal, (client) => {
    client.setCredentials({ refresh_token: refreshToken.reveal() });
    return client.getAccessToken();
  });
  return read(answer, credentials, askedAt);
}

/** Ends a token at Google (RFC 7009), and with it every scope this person gave the project. False: Google would not. */
export async function revoke(credentials: ClientCredentials, token: Secret, signal: AbortSignal): Promise<boolean> {
  const { status } = await ask(credentials, signal, (client) =>
    // The library's revokeToken puts the token into the URL, and URLs are logged on their way.
    client.transporter.request({
      url: credentials.revokeUri,
      method: "POST",
      data: new URLSearchParams({ token: token.reveal() }),
    }),
  );
  return status === 200 || status === 400; // 400 invalid_token: it had ended already
}

/** Lets the library ask the token endpoint, and takes the answer as it came. */
async function ask(
  credentials: ClientCredentials,
  signal: AbortSignal,
  call: (client: OAuth2Client) => Promise<unknown>,
): Promise<Answer> {
  const client = {
    clientId: credentials.clientId,
    ...(credentials.clientSecret !== undefined && { clientSecret: credentials.clientSecret.reveal() }),
    endpoints: { oauth2TokenUrl: credentials.tokenUri },
    useAuthRequestParameters: false,
  };
  return askGoogle(TOKEN_ENDPOINT, signal, call, client);
}

/** The answer, parsed. Throws `credentials_invalid`, `server_error` or `malformed_response`. */
function read(answer: Answer, credentials: ClientCredentials, askedAt: EpochMs): Tokens | Refusal {
  const given = readTokenAnswer(answer, askedAt);
  if (!("error" in given)) return given;
  const fault = given.error === "invalid_request" && credentials.clientSecret === undefined ? "no_secret" : given.error;
  const next = CLIENT_FAULTS.get(fault);
  if (next === undefined) return given;
  throw refuse("credentials_invalid", `Google does not accept this OAuth client (${given.error}).`, next);
}

/** What a token endpoint answered, whatever it was asked for. Throws `server_error` or `malformed_response`. */
export function readTokenAnswer({ status, body }: Answer, askedAt: EpochMs): Tokens | Refusal {
  if (status >= 500 || status === 429 || status === 408)
    throw transient("server_error", `Google's token endpoint answered ${status}.`);
  const fields: Readonly<Record<string, unknown>> = typeof body === "object" && body !== null ? { ...body } : {};
  if (status >= 200 && status < 300) return readTokens(fields, askedAt);
  const refusal = readRefusal(fields, status);
  if (PASSING.has(refusal.error)) throw transient("server_error", `Google's token endpoint answered ${refusal.error}.`);
  return refusal;
}

function readTokens(fields: Readonly<Record<string, unknown>>, askedAt: EpochMs): Tokens {
  const { access_token, refresh_token, scope, expires_in = USUAL_LIFETIME_SECONDS } = fields;
  const whole =
    isWords(access_token) &&
    (refresh_token === undefined || isWords(refresh_token)) &&
    (scope === undefined || typeof scope === "string") &&
    typeof expires_in === "number" &&
    expires_in >= 0 &&
    isMoment(askedAt + expires_in * 1_000);
  if (!whole) throw transient("malformed_response", "Google's token endpoint answered something that is no token.");
  return {
    accessToken: new Secret(access_token),
    expiresAt: askedAt + expires_in * 1_000,
    refreshToken: refresh_token === undefined ? undefined : new Secret(refresh_token),
    scopes: scope?.split(" ").filter((one) => one !== ""),
  };
}

/**
 * A server's trouble of its own, or too many asking at once, whatever the status it comes with. Source: what Google's
 * libraries ask again for, and its limits of the tokens that a project may be given in a time.
 */
const PASSING: ReadonlySet<string> = new Set([
  "internal_failure",
  "server_error",
  "temporarily_unavailable",
  "rate_limit_exceeded",
  "slow_down",
]);

/** What to do about an OAuth client that Google does not accept. */
const CLIENT_FAULTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    invalid_client:
      "The client's secret was reset, or the file is another's: in the Google Cloud console open Google Auth Platform → " +
      "Clients, add a secret to the client (or create another client), download the JSON at once, as Google shows a secret " +
      "only once, and replace the client file by it.",
    disabled_client:
      "The client, or its whole project, was switched off: in the Google Cloud console open Google Auth Platform → Clients and " +
      "enable it again (a notice there says why), or create another client and replace the client file.",
    deleted_client:
      "The client was deleted (Google deletes those unused for six months): restore it in the Google Cloud console within " +
      "30 days, or create another and replace the client file.",
    // Google says no more than invalid_request.
    no_secret:
      "The client file has no client_secret, and Google wants one. It shows a secret once: in the Google Cloud console open " +
      "Google Auth Platform → Clients, add a secret to the client and download the JSON with it at once.",
    unauthorized_client:
      "The sign-in was given to another OAuth client: put that client's file back, or sign in again with this one.",
  }),
);

function readRefusal(fields: Readonly<Record<string, unknown>>, status: number): Refusal {
  const error = word(fields["error"]);
  if (error === undefined)
    throw transient("malformed_response", `Google's token endpoint answered ${status} without saying why.`);
  return { error, error_subtype: word(fields["error_subtype"]) };
}

/** An error's name, when it looks like one: what the server wrote is shown to people. */
export function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[a-z_]{1,40}$/.test(value) ? value : undefined;
}

function isWords(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
