import { expect } from "vitest";

import { manualClock } from "../../test/manual-clock.ts";
import { ExportError, refuse, type Failure } from "../core/errors.ts";
import type { Grant } from "../core/grant.ts";
import { Secret } from "../core/secret.ts";
import { inFrench } from "../surfaces/words/french.ts";
import { doctor } from "./doctor.ts";
import type { Client, Facts, Folder, Settings } from "./facts.ts";
import type { Finding, FindingId } from "./finding.ts";

export const ADA = "ada@example.com";
export const NOW = Date.UTC(2026, 10, 23, 9, 30);
export const DAY_MS = 86_400_000;

export const SETTINGS: Settings = {
  problems: [],
  credentialsPath: "/home/ada/credentials.json",
  tokenDir: "/home/ada/tokens",
  exportDir: "/home/ada/my data",
  stateDir: "/home/ada/state",
  scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
  redirectUri: new URL("http://localhost:8000/auth/callback"),
  host: "127.0.0.1",
  port: 8000,
  gmailApiUrl: new URL("https://gmail.googleapis.com"),
  admin: undefined,
  databaseUrl: undefined,
  tier: "auto",
  notifyUrl: new Secret("https://hooks.example.com/T0PIC"),
};

export const CLIENT: Client = {
  kind: "installed",
  clientId: "123-abc.apps.googleusercontent.com",
  authUri: "https://accounts.google.com/o/oauth2/auth",
  tokenUri: "https://oauth2.googleapis.com/token",
  redirectUris: ["http://localhost"],
  projectId: "my-project",
};

export const GRANT: Grant = {
  account: ADA,
  refreshToken: new Secret("refresh"),
  accessToken: new Secret("access"),
  expiresAt: NOW + 1_000_000,
  scopes: SETTINGS.scopes,
  grantedAt: NOW - 2 * DAY_MS,
};

export const PRIVATE: Folder = { exists: true, fault: undefined, permissions: 0o700 };

/** A world in which nothing is wrong. */
export const HEALTHY: Facts = {
  nodeVersion: "v24.21.0",
  settings: SETTINGS,
  now: () => NOW,
  sleep: manualClock().sleep,
  client: async () => CLIENT,
  permissions: async () => 0o600,
  folder: async () => PRIVATE,
  room: async () => 62e9,
  listener: async () => "nobody",
  reach: async () => ({ answered: true, status: 404, date: NOW - 500 }),
  proxy: () => undefined,
  learned: async () => undefined,
  signedIn: async () => ({ accounts: [ADA], stored: 1 }),
  grant: async () => GRANT,
  profile: async () => ({
    emailAddress: ADA,
    messagesTotal: 12_345,
    threadsTotal: 6_000,
    cursor: { source: "gmail-api", value: "1" },
  }),
  manifest: async () => undefined,
  state: async () => {},
  scheduled: async () => ({ schedules: 2, alarms: [] }),
  domain: {
    serviceAccount: async () => undefined,
    isDelegated: async () => false,
    token: async () => {},
    directory: async () => {},
  },
};

export const never = new AbortController().signal;

/** Whatever is found in any world of these tests can be said in French. */
export async function examine(changes: Partial<Facts>, account?: string): Promise<readonly Finding[]> {
  const findings = await doctor({ ...HEALTHY, ...changes }, account, never);
  for (const { what, why, next } of findings)
    for (const sentence of [what, why, next].filter(
      (one) => !/^$|What happened|What to do|Google says no|Mend it/.test(one),
    ))
      expect(inFrench(sentence), sentence).toBeDefined();
  return findings;
}

/** The finding of this name, in a world with these changes. */
export async function finding(id: FindingId, changes: Partial<Facts>): Promise<Finding> {
  const found = (await examine(changes)).find((one) => one.id === id);
  if (!found) throw new Error(`no finding ${id}`);
  return found;
}

/** What is not ok in a world with these changes. */
export async function faults(changes: Partial<Facts>): Promise<Record<string, string>> {
  const found = await examine(changes);
  return Object.fromEntries(found.flatMap(({ id, status }) => (status === "ok" ? [] : [[id, status]])));
}

export const set = (changes: Partial<Settings>): Partial<Facts> => ({ settings: { ...SETTINGS, ...changes } });
export const fault = (failure: Failure) => async (): Promise<never> => Promise.reject(new ExportError(failure));
export const refused = (
  code: "credentials_missing" | "api_disabled" | "daily_limit" | "forbidden" | "grant_unreadable",
) => fault(refuse(code, "What happened.", "What to do.").failure);
