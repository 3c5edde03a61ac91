import type { Grant } from "../../core/grant.ts";
import { Secret } from "../../core/secret.ts";
import { isMoment } from "../../core/time.ts";

/** A grant as text, to be sealed, with the number that tells it from older ones: JSON with the names of RFC 6749 where it has them. The one place where its secrets are opened. */
export function writeGrant(grant: Grant, counter = 0): string {
  return JSON.stringify({
    counter,
    account: grant.account,
    refresh_token: grant.refreshToken?.reveal(),
    access_token: grant.accessToken.reveal(),
    expires_at: grant.expiresAt,
    obtained_at: grant.obtainedAt,
    scopes: grant.scopes,
    granted_at: grant.grantedAt,
    revoked: grant.revoked,
  });
}

/** How often the account's grant had been stored when this text was written; older versions did not count. */
export function counterIn(text: string): number {
  const { counter }: Readonly<{ counter?: unknown }> = JSON.parse(text);
  return typeof counter === "number" && Number.isSafeInteger(counter) ? counter : 0;
}

/** Undefined when the text is no grant. */
export function readGrant(text: string): Grant | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...json };
  const { account, refresh_token, access_token, expires_at, obtained_at, scopes, granted_at, revoked } = fields;
  if (
    typeof account !== "string" ||
    !isOptionalText(refresh_token) ||
    typeof access_token !== "string" ||
    !isMoment(expires_at) ||
    !(obtained_at === undefined || isMoment(obtained_at)) ||
    !isTexts(scopes) ||
    !isMoment(granted_at) ||
    !isOptionalText(revoked)
  )
    return undefined;
  return {
    account,
    refreshToken: refresh_token === undefined ? undefined : new Secret(refresh_token),
    accessToken: new Secret(access_token),
    expiresAt: expires_at,
    ...(obtained_at !== undefined && { obtainedAt: obtained_at }),
    scopes,
    grantedAt: granted_at,
    ...(revoked !== undefined && { revoked }),
  };
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
