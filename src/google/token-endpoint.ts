import type { OAuth2Client } from "google-auth-library";

import { bareCause, codeOf } from "../core/bare-cause.ts";
import { ExportError, refuse, type TransientCode } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import { Secret } from "../core/secret.ts";
import { isMoment, type EpochMs } from "../core/time.ts";
import type { ClientCredentials } from "./credentials.ts";

/** One call's time limit. Google answers in well under a second. */
const TIMEOUT_MS = 10_000;

/** Google's tokens live an hour; a lifetime that was left out (RFC 6749 §5.1 allows it) is taken to be that. */
const USUAL_LIFETIME_SECONDS = 3_600;

/** Google's answers have one or two kilobytes. */
const MOST_BYTES = 64 << 10;

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

/** Loaded when it is first needed: most commands find a token that still lasts, and it takes 24 MB. */
const library = async () => import("google-auth-library");

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

type Answer = Readonly<{ status: number; body: unknown }>;

/**
 * Lets the library ask and takes the answer as it came. The library would retry by itself, POSTs too; it counts lifetimes
 * from the machine's clock; it hides a rotated refresh token; it logs whole answers when GOOGLE_SDK_NODE_LOGGING is set;
 * and its errors hold the request, with the code or the refresh token in it.
 * Throws `network` or `timeout` where there is no answer, and the signal's reason when aborted.
 */
async function ask(
  credentials: ClientCredentials,
  signal: AbortSignal,
  call: (client: OAuth2Client) => Promise<unknown>,
): Promise<Answer> {
  signal.throwIfAborted();
  let answer: Answer | undefined;
  const { OAuth2Client } = await library();
  const client = new OAuth2Client({
    clientId: credentials.clientId,
    ...(credentials.clientSecret !== undefined && { clientSecret: credentials.clientSecret.reveal() }),
    endpoints: { oauth2TokenUrl: credentials.tokenUri },
    useAuthRequestParameters: false,
    transporterOptions: {
      signal,
      timeout: TIMEOUT_MS,
      // Merged into the library's own `retry: true`, over which a plain `retry: false` would lose.
      retryConfig: { retry: 0 },
      redirect: "error", // what is sent is for this endpoint alone
      // Proxies of the environment hold, by the rules of core/network/proxy.ts; none leads to this machine, nor is plain http for others.
      noProxy: [/^http:/, /^https:\/\/(localhost|127\.[\d.]+|\[::1\])[:/]/],
      responseType: "json",
      validateStatus: () => true,
      adapter: async (options, send) => {
        const response = await send({ ...options, size: MOST_BYTES });
        answer = { status: response.status, body: structuredClone(response.data) };
        return response;
      },
    },
  });
  try {
    await call(client);
  } catch (error) {
    // Where there is an answer it counts, not what the library makes of it.
    if (answer === undefined) throw unanswered(error, signal);
  }
  return answer!;
}

/** The answer, parsed. Throws `credentials_invalid`, `server_error` or `malformed_response`. */
function read({ status, body }: Answer, credentials: ClientCredentials, askedAt: EpochMs): Tokens | Refusal {
  if (status >= 500 || status === 429 || status === 408)
    throw transient("server_error", `Google's token endpoint answered ${status}.`);
  const fields: Readonly<Record<string, unknown>> = typeof body === "object" && body !== null ? { ...body } : {};
  if (status >= 200 && status < 300) return readTokens(fields, askedAt);
  const refusal = readRefusal(fields, status);
  if (PASSING.has(refusal.error)) throw transient("server_error", `Google's token endpoint answered ${refusal.error}.`);
  const fault =
    refusal.error === "invalid_request" && credentials.clientSecret === undefined ? "no_secret" : refusal.error;
  const next = CLIENT_FAULTS.get(fault);
  if (next === undefined) return refusal;
  throw refuse("credentials_invalid", `Google does not accept this OAuth client (${refusal.error}).`, next);
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

function unanswered(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const code = codeOf(error);
  return code === "TimeoutError"
    ? transient("timeout", "Google's token endpoint did not answer in time.")
    : transient("network", `Google's token endpoint cannot be reached (${code}).`, { cause: bareCause(error) });
}

/** An outage always: without a token no call to Gmail gets through, so no one message is at fault. */
function transient(code: TransientCode, message: string, options?: ErrorOptions): ExportError {
  const next = "Try again in a moment; if it lasts, check this machine's way to the internet.";
  return new ExportError({ code, retry: "backoff", message, next, outage: true }, options);
}
