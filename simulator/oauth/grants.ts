import { randomBytes } from "node:crypto";

/** What a person allowed the client to do, waiting to be exchanged. */
export type Code = Readonly<{
  email: string;
  scopes: readonly string[];
  redirectUri: string;
  challenge?: Readonly<{ method: "S256" | "plain"; value: string }>;
  withRefreshToken: boolean;
  issuedAt: number;
}>;

export type Access = Readonly<{ email: string; scopes: ReadonlySet<string>; expiresAt: number }>;

export type Refresh = Readonly<{ email: string; scopes: readonly string[] }>;

export type Grants = ReturnType<typeof openGrants>;

/** Refresh tokens an account may hold for one client; one more and the oldest dies without a word. */
const LIVE_REFRESH_TOKENS = 100;

const CODE_MINUTES = 10;

/** All codes and tokens in the world. */
export function openGrants(clock: () => number, accessTokenSeconds: number) {
  const codes = new Map<string, Code>();
  const access = new Map<string, Access>();
  const refresh = new Map<string, Refresh>();
  const granted = new Map<string, Set<string>>();
  const values: string[] = [];
  const issued = { codes: 0, exchanges: 0, refreshes: 0, values };

  const opaque = (prefix: string, bytes: number): string => {
    const value = `${prefix}${randomBytes(bytes).toString("base64url")}`;
    values.push(value);
    return value;
  };

  const revoke = (email: string): void => {
    granted.delete(email);
    for (const [code, { email: owner }] of codes) if (owner === email) codes.delete(code);
    for (const [token, { email: owner }] of access) if (owner === email) access.delete(token);
    for (const [token, { email: owner }] of refresh) if (owner === email) refresh.delete(token);
  };

  return {
    /** Codes given out, codes exchanged, access tokens refreshed; the codes and tokens themselves. */
    issued,
    accessTokenSeconds,
    /** What this person allowed before; undefined when they never did. */
    grantedBefore: (email: string): ReadonlySet<string> | undefined => granted.get(email),

    issueCode: (code: Omit<Code, "issuedAt">): string => {
      const value = opaque("4/0A", 54);
      codes.set(value, { ...code, issuedAt: clock() });
      granted.set(code.email, new Set([...(granted.get(code.email) ?? []), ...code.scopes]));
      issued.codes++;
      return value;
    },
    /** A code works once, whatever comes of it, and for ten minutes. */
    takeCode: (value: string): Code | undefined => {
      const code = codes.get(value);
      codes.delete(value);
      return code !== undefined && clock() < code.issuedAt + CODE_MINUTES * 60_000 ? code : undefined;
    },
    issueAccess: (email: string, scopes: readonly string[]): string => {
      const token = opaque("ya29.a0", 145);
      access.set(token, { email, scopes: new Set(scopes), expiresAt: clock() + accessTokenSeconds * 1_000 });
      return token;
    },
    issueRefresh: (grant: Refresh): string => {
      const token = opaque("1//0", 72);
      refresh.set(token, grant);
      const own = [...refresh].filter(([, { email }]) => email === grant.email);
      if (own.length > LIVE_REFRESH_TOKENS) refresh.delete(own[0]![0]);
      return token;
    },
    /** Who may do what with this token; undefined when it is unknown, revoked or expired. */
    access: (token: string): Access | undefined => {
      const found = access.get(token);
      if (found === undefined || clock() < found.expiresAt) return found;
      access.delete(token);
      return undefined;
    },
    refresh: (token: string): Refresh | undefined => refresh.get(token),
    dropRefresh: (token: string) => void refresh.delete(token),
    expireAccess: () => access.clear(),
    revoke,
    ownerOf: (token: string): string | undefined => (access.get(token) ?? refresh.get(token))?.email,
  };
}
