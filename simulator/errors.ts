/** Google's refusals, in the shapes captured from it. */

/** An answer that is not success: `body` is JSON, or a page when it is a string. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

type Details = Readonly<{
  status?: string;
  domain?: string;
  /** errors[0].message where it is not the message itself. */
  inner?: string;
  more?: Readonly<Record<string, unknown>>;
  details?: readonly unknown[];
  headers?: Readonly<Record<string, string>>;
}>;

function refusal(code: number, reason: string, message: string, extra: Details = {}): Refusal {
  const { status, domain = "global", inner = message, more = {}, details, headers = {} } = extra;
  const error = {
    code,
    message,
    errors: [{ message: inner, domain, reason, ...more }],
    ...(status === undefined ? {} : { status }),
    ...(details === undefined ? {} : { details }),
  };
  return new Refusal(code, { error }, headers);
}

const INVALID = { status: "INVALID_ARGUMENT" };
const DENIED = { status: "PERMISSION_DENIED" };
const REALM = 'Bearer realm="https://accounts.google.com/"';
const ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";
const SERVICE = "gmail.googleapis.com";

export const PROJECT_NUMBER = "123456789012";

export const invalidArgument = (message: string) => refusal(400, "invalidArgument", message, INVALID);

export const unknownParameter = (name: string) => {
  const message = `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. Field '${name}' could not be found in request message.`;
  const details = [
    { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ description: message }] },
  ];
  return refusal(400, "invalid", message, { ...INVALID, details });
};

export const invalidFields = (field: string) =>
  refusal(400, "invalidParameter", `Invalid field selection ${field}`, {
    ...INVALID,
    more: { location: "fields", locationType: "parameter" },
  });

export const notFound = () => refusal(404, "notFound", "Requested entity was not found.", { status: "NOT_FOUND" });

/** What Google says now and then of calls that it takes a moment later, and always of an account that has no Gmail. */
export const failedPrecondition = () =>
  refusal(400, "failedPrecondition", "Precondition check failed.", { status: "FAILED_PRECONDITION" });

const CREDENTIALS_ADVICE =
  "Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";

export const credentialsMissing = () =>
  refusal(401, "required", `Request is missing required authentication credential. ${CREDENTIALS_ADVICE}`, {
    status: "UNAUTHENTICATED",
    inner: "Login Required.",
    more: { location: "Authorization", locationType: "header" },
    details: [
      { "@type": ERROR_INFO, reason: "CREDENTIALS_MISSING", domain: "googleapis.com", metadata: { service: SERVICE } },
    ],
    headers: { "www-authenticate": REALM },
  });

export const authError = () =>
  refusal(401, "authError", `Request had invalid authentication credentials. ${CREDENTIALS_ADVICE}`, {
    status: "UNAUTHENTICATED",
    inner: "Invalid Credentials",
    more: { location: "Authorization", locationType: "header" },
    headers: { "www-authenticate": `${REALM}, error="invalid_token"` },
  });

export const insufficientScopes = (scopes: readonly string[]) =>
  refusal(403, "insufficientPermissions", "Request had insufficient authentication scopes.", {
    ...DENIED,
    inner: "Insufficient Permission",
    details: [
      {
        "@type": ERROR_INFO,
        reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        domain: "googleapis.com",
        metadata: { service: SERVICE },
      },
    ],
    headers: { "www-authenticate": `${REALM}, error="insufficient_scope", scope="${scopes.join(" ")}"` },
  });

export const forbidden = (message: string) => refusal(403, "forbidden", message, DENIED);

export type Limit = Readonly<{
  tier: "2026" | "legacy";
  whose: "user" | "project";
  unitsPerMinute?: number | undefined;
  windowStart?: number;
}>;

/** The per-minute limit. `windowStart` is in epoch seconds; Google gives it in about a third of these. */
export const quotaExceeded = ({ tier, whose, unitsPerMinute, windowStart }: Limit) => {
  const metric = tier === "2026" ? "Total Query Cost" : "Queries";
  const words = tier === "2026" ? "Units per minute" : "Previous quota: Units per minute";
  const limit = whose === "user" ? `${words} per user` : words;
  const name = tier === "2026" ? "totalQueryCostPerMinute" : "defaultPerMinute";
  const message = `Quota exceeded for quota metric '${metric}' and limit '${limit}' of service '${SERVICE}' for consumer 'project_number:${PROJECT_NUMBER}'.`;
  const metadata = {
    quota_metric: `${SERVICE}/${tier === "2026" ? "total_query_cost" : "default"}`,
    quota_limit: `${name}Per${whose === "user" ? "User" : "Project"}`,
    ...(unitsPerMinute === undefined ? {} : { quota_limit_value: String(unitsPerMinute) }),
    quota_unit: whose === "user" ? "1/min/{project}/{user}" : "1/min/{project}",
    ...(windowStart === undefined ? {} : { window_start_time: String(windowStart) }),
    service: SERVICE,
    consumer: `projects/${PROJECT_NUMBER}`,
  };
  const details = [{ "@type": ERROR_INFO, reason: "RATE_LIMIT_EXCEEDED", domain: "googleapis.com", metadata }];
  return refusal(403, "rateLimitExceeded", message, { ...DENIED, domain: "usageLimits", details });
};

export const tooManyConcurrent = (headers: Readonly<Record<string, string>> = {}) =>
  refusal(429, "rateLimitExceeded", "Too many concurrent requests for user.", {
    status: "RESOURCE_EXHAUSTED",
    headers,
  });

/** A day's bytes are spent. Google documents the status; the words are a guess. */
export const bandwidthExceeded = () =>
  refusal(429, "rateLimitExceeded", "User has exceeded the bandwidth limit: too many bytes downloaded.", {
    status: "RESOURCE_EXHAUSTED",
    domain: "usageLimits",
  });

/** Both statuses and both reasons have been seen, with this message and no status word. */
export const lockedOut = (code: 403 | 429, until: number) =>
  refusal(
    code,
    code === 403 ? "userRateLimitExceeded" : "rateLimitExceeded",
    `User-rate limit exceeded.  Retry after ${new Date(until).toISOString()}`,
    { domain: "usageLimits" },
  );

export const dailyLimitExceeded = () =>
  refusal(403, "dailyLimitExceeded", "Daily Limit Exceeded. The quota will be reset at midnight Pacific Time (PT).", {
    ...DENIED,
    domain: "usageLimits",
  });

export const apiDisabled = () => {
  const url = `https://console.developers.google.com/apis/api/${SERVICE}/overview?project=${PROJECT_NUMBER}`;
  const message = `Gmail API has not been used in project ${PROJECT_NUMBER} before or it is disabled. Enable it by visiting ${url} then retry.`;
  const metadata = { service: SERVICE, consumer: `projects/${PROJECT_NUMBER}`, activationUrl: url };
  return refusal(403, "accessNotConfigured", message, {
    ...DENIED,
    domain: "usageLimits",
    more: { extendedHelp: "https://console.developers.google.com" },
    details: [{ "@type": ERROR_INFO, reason: "SERVICE_DISABLED", domain: "googleapis.com", metadata }],
  });
};

/** An account of a domain that has no licence for Gmail, or whose administrator switched it off. */
export const mailServiceNotEnabled = () =>
  refusal(400, "failedPrecondition", "Mail service not enabled", { status: "FAILED_PRECONDITION" });

/** What the Admin SDK says to who is no administrator. */
export const notAuthorized = () => refusal(403, "forbidden", "Not Authorized to access this resource/api");

export const resourceNotFound = (what: string) => refusal(404, "notFound", `Resource Not Found: ${what}`);

export const invalidInput = (what: string) => refusal(400, "invalid", `Invalid Input: ${what}`);

export const adminSdkDisabled = () => {
  const url = `https://console.developers.google.com/apis/api/admin.googleapis.com/overview?project=${PROJECT_NUMBER}`;
  const message = `Admin SDK API has not been used in project ${PROJECT_NUMBER} before or it is disabled. Enable it by visiting ${url} then retry.`;
  const metadata = { service: "admin.googleapis.com", consumer: `projects/${PROJECT_NUMBER}`, activationUrl: url };
  return refusal(403, "accessNotConfigured", message, {
    ...DENIED,
    domain: "usageLimits",
    details: [{ "@type": ERROR_INFO, reason: "SERVICE_DISABLED", domain: "googleapis.com", metadata }],
  });
};

/** IAM says the same of what is not there and of what one may not do. */
export const iamPermissionDenied = (permission: string) =>
  new Refusal(403, {
    error: {
      code: 403,
      message: `Permission '${permission}' denied on resource (or it may not exist).`,
      status: "PERMISSION_DENIED",
      details: [
        {
          "@type": ERROR_INFO,
          reason: "IAM_PERMISSION_DENIED",
          domain: "iam.googleapis.com",
          metadata: { permission },
        },
      ],
    },
  });

export const domainPolicy = () =>
  refusal(403, "domainPolicy", "The domain administrators have disabled Gmail apps.", DENIED);

export const internalError = () => refusal(500, "backendError", "Internal error encountered.", { status: "INTERNAL" });

export const unavailable = () =>
  refusal(503, "backendError", "The service is currently unavailable.", { status: "UNAVAILABLE" });

const page = (status: number, name: string, text: string) =>
  new Refusal(
    status,
    `<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error ${status} (${name})!!1</title>\n  <p><b>${status}.</b> <ins>That’s an error.</ins>\n  <p>${text}  <ins>That’s all we know.</ins>\n`,
  );

export const badGateway = () =>
  page(
    502,
    "Server Error",
    "The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.",
  );

export const noSuchUrl = (path: string) =>
  page(
    404,
    "Not Found",
    `The requested URL <code>${path.replaceAll(/[&<>"']/g, "")}</code> was not found on this server.`,
  );
