import { sign, verify } from "node:crypto";

import { userOf, type Domain } from "./domain.ts";

/** Whom an assertion buys a token for, or the refusal in Google's words. */
export type Bought =
  | Readonly<{ email: string; scopes: readonly string[] }>
  | Readonly<{ error: string; error_description: string; status: number }>;

/** Google's clocks and those of others may differ by so much. */
const SKEW_SECONDS = 300;

const refuse = (error: string, error_description: string, status = 400): Bought => ({
  error,
  error_description,
  status,
});

const SHORT_LIVED =
  "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";

/**
 * What the token endpoint makes of a JWT (RFC 7523). Without `sub` a token is the service account's own, whatever is delegated.
 * Source: Google's "Using OAuth 2.0 for server to server applications", and messages that people report.
 */
export function redeem(domain: Domain, assertion: string, audience: string, nowMs: number): Bought {
  const parts = assertion.split(".");
  const [header, claims] = parts.slice(0, 2).map(readJson);
  if (parts.length !== 3 || header?.["alg"] !== "RS256" || claims === undefined)
    return refuse("invalid_grant", "Bad Request");
  if (claims["iss"] !== domain.serviceAccount) return refuse("invalid_grant", "Invalid grant: account not found");
  const signed = Buffer.from(parts.slice(0, 2).join("."));
  if (domain.isKeyDeleted || !verify("RSA-SHA256", signed, domain.publicKey, Buffer.from(parts[2]!, "base64url")))
    return refuse("invalid_grant", "Invalid JWT Signature.");
  const { iat, exp, aud, sub, scope } = claims;
  const now = nowMs / 1_000;
  const inTime =
    typeof iat === "number" &&
    typeof exp === "number" &&
    iat <= now + SKEW_SECONDS &&
    exp > now - SKEW_SECONDS &&
    exp - iat <= 3_600 &&
    exp > iat;
  if (!inTime) return refuse("invalid_grant", SHORT_LIVED);
  if (aud !== audience) return refuse("invalid_grant", "Invalid JWT: Failed audience check.");
  const scopes = typeof scope === "string" ? scope.split(" ").filter(Boolean) : [];
  if (scopes.length === 0 || scopes.some((one) => !one.startsWith("https://")))
    return refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
  domain.assertions.push(assertion);
  if (sub === undefined) return { email: domain.serviceAccount, scopes };
  const subject = typeof sub === "string" ? sub : "";
  const isOurs = [...domain.users.keys()].some((one) => one.split("@")[1] === subject.toLowerCase().split("@")[1]);
  if (!isOurs || !scopes.every((one) => domain.delegated.includes(one)))
    return refuse(
      "unauthorized_client",
      "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
      401,
    );
  const user = userOf(domain, subject);
  if (user === undefined) return refuse("invalid_grant", "Invalid email or User ID");
  if (user.suspended === true || user.archived === true) return refuse("invalid_grant", "Bad Request");
  return { email: user.email, scopes };
}

/** What IAM Credentials signs with the service account's own key, which nobody ever sees. */
export function signJwt({ privateKey }: Domain, payload: string): string {
  const header = JSON.stringify({ alg: "RS256", kid: "google-held", typ: "JWT" });
  const signed = [header, payload].map((part) => Buffer.from(part).toString("base64url")).join(".");
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
}

function readJson(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
