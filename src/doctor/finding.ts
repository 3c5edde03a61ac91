/** What can be found, in the order in which it is told. Stable names: docs/troubleshooting.md goes by them. */
export const FINDINGS = [
  "node",
  "settings",
  "credentials",
  "credentials_private",
  "redirect_uri",
  "service_account",
  "scopes_asked",
  "port",
  "token_dir",
  "state_dir",
  "export_dir",
  "database",
  "host_authorization",
  "host_token",
  "host_gmail",
  "clock",
  "tier",
  "directory",
  "signed_in",
  // of each account: its sign-in, or what reads it without one
  "delegation",
  "grant",
  "grant_age",
  "scopes_granted",
  "gmail",
  // of all accounts together
  "schedules",
  "notify_url",
  "disk_room",
] as const;

export type FindingId = (typeof FINDINGS)[number];

/**
 * ok: as it should be · warn: it works, or may work, but not for ever or not safely · fail: no export, or no sign-in, as
 * long as it is so · skipped: it could not be looked at, for the reason given.
 */
export const STATUSES = ["ok", "warn", "fail", "skipped"] as const;

export type Status = (typeof STATUSES)[number];

/** One thing looked at. Sentences for people; addresses and paths are in them, secrets and mail never. */
export type Finding = Readonly<{
  id: FindingId;
  /** For what is found of each account. */
  account?: string;
  status: Status;
  what: string;
  /** Why it matters; "" when it is ok. */
  why: string;
  /** The one next step; "" when it is ok. */
  next: string;
}>;

export function ok(id: FindingId, what: string): Finding {
  return { id, status: "ok", what, why: "", next: "" };
}

export function warn(id: FindingId, what: string, why: string, next: string): Finding {
  return { id, status: "warn", what, why, next };
}

export function fail(id: FindingId, what: string, why: string, next: string): Finding {
  return { id, status: "fail", what, why, next };
}

export function skipped(id: FindingId, what: string, why: string, next: string): Finding {
  return { id, status: "skipped", what, why, next };
}
