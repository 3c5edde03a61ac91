import { isIP } from "node:net";
import { resolve } from "node:path";

import { readBucketPlace, readBucketSettings } from "./bucket-settings.ts";
import { refuse } from "./core/errors.ts";
import type { BucketSettings } from "./core/network/bucket-keys.ts";
import { isLoopback } from "./core/network/loopback.ts";
import { PROJECT_UNITS_PER_MINUTE } from "./core/quota.ts";
import { Secret } from "./core/secret.ts";
import type { Settings } from "./doctor/facts.ts";
import { nameMeant } from "./misspelt-name.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** Every setting, once, parsed (docs/design.md §5). Paths are absolute. */
export type Config = Omit<Settings, "problems"> &
  Readonly<{
    apiKey: Secret | undefined;
    /** A service account that the machine's own identity signs for; undefined means a key file, or none. */
    serviceAccount: string | undefined;
    /** Root of the Admin SDK and of IAM Credentials; undefined means Google's hosts. */
    googleApiUrl: URL | undefined;
    /** Host, and port, of the metadata server that gives the machine's own identity. */
    metadataHost: string;
    allowedHosts: readonly string[];
    trustProxy: readonly string[];
    unitsPerMinute: number | undefined;
    projectUnitsPerMinute: number;
    maxInFlight: number;
    exportConcurrency: number;
    /** How buckets are reached, where directories lie in some. */
    buckets: BucketSettings;
    /** Where Google's refusals are kept, for who wants to send them in; undefined means nowhere. */
    recordRefusals: string | undefined;
    /** Bytes of mail under way in this process. */
    exportMemoryBytes: number;
    /** An export with a schedule that was not proven complete for so many milliseconds is worth an alarm. */
    notifyAfterMs: number;
    /** How often the mailboxes of accounts with a schedule are asked whether something changed; undefined means never. */
    liveMinutes: number | undefined;
    /** Which of those accounts; none named means all of them. */
    liveAccounts: readonly string[];
    /** The PostgreSQL that the state lies in, for many machines; undefined means files in `stateDir` and `tokenDir`. */
    databaseUrl: Secret | undefined;
    /** The key that seals grants; undefined means a file in `stateDir`. */
    encryptionKey: Secret | "keyring" | undefined;
    /** The one before, while grants are sealed anew. */
    formerEncryptionKey: Secret | undefined;
    logLevel: LogLevel;
  }>;

/** Settings that nobody else may read. */
export const SECRET_SETTINGS = [
  "API_KEY",
  "TOKEN_ENCRYPTION_KEY",
  "TOKEN_ENCRYPTION_KEY_FORMER",
  "NOTIFY_URL",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "DATABASE_URL",
] as const;

/** The names of all settings: those that are asked for. */
export function settingNames(): readonly string[] {
  const asked = new Set<string>();
  const noting = new Proxy<Env>({}, { get: (_, name) => void asked.add(String(name)) });
  readSettings(noting, "/");
  return [...asked];
}

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** 32 random bytes in base64, in hex, or anything as long that a header can carry. */
const STRONG_KEY = /^[\x21-\x7e]{43,}$/;

/** A setting that cannot be used, and why: a sentence that names it, without its value. */
export type SettingProblem = Readonly<{ setting: string; problem: string }>;

/** Reads the environment. Throws `settings_invalid` with every problem at once. */
export function readConfig(env: Env, workingDirectory: string): Config {
  const { config, problems } = readSettings(env, workingDirectory);
  if (problems.length > 0)
    throw refuse(
      "settings_invalid",
      `These settings cannot be used: ${problems.map(({ problem }) => problem).join("; ")}.`,
      "Correct them in the environment or in .env; every setting is described in .env.example.",
    );
  return config;
}

/** The same for who wants to see what is wrong: a setting that cannot be used is a problem, and has its default. */
export function readSettings(
  env: Env,
  workingDirectory: string,
): Readonly<{ config: Config; problems: readonly SettingProblem[] }> {
  const problems: SettingProblem[] = [];
  const refused = (setting: string, why: string): void => void problems.push({ setting, problem: `${setting} ${why}` });
  const text = (name: string, fallback: string): string => env[name]?.trim() || fallback;
  const path = (name: string, fallback: string): string => resolve(workingDirectory, text(name, fallback));
  const secret = (name: string): Secret | undefined => (env[name]?.trim() ? new Secret(env[name].trim()) : undefined);

  const key = (name: string): Secret | undefined => {
    const given = secret(name);
    if (given !== undefined && Buffer.from(given.reveal(), "base64").length !== 32)
      refused(name, "must be 32 bytes in base64 (make one with: openssl rand -base64 32)");
    return given;
  };

  const whole = (name: string, fallback: number, from: number, to: number): number => {
    const given = text(name, String(fallback));
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= from && value <= to) return value;
    refused(name, `must be a whole number from ${from} to ${to}`);
    return fallback;
  };

  const list = (name: string, isGood: (entry: string) => boolean, must: string): string[] => {
    const entries = text(name, "")
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean);
    if (!entries.every(isGood)) refused(name, must);
    return entries.filter(isGood);
  };

  const oneOf = <T extends string>(name: string, choices: readonly T[], fallback: T): T => {
    const given = text(name, fallback);
    const choice = choices.find((value) => value === given);
    if (choice === undefined) refused(name, `must be one of ${choices.join(", ")}`);
    return choice ?? fallback;
  };

  const url = (name: string, fallback: string): URL => {
    const parsed = URL.parse(text(name, fallback));
    if (parsed && (parsed.protocol === "https:" || (parsed.protocol === "http:" && isLoopback(parsed.hostname))))
      return parsed;
    refused(name, `must be an https URL (http only on this machine, such as ${fallback})`);
    return new URL(fallback);
  };

  /** Its value is never shown: a path or a query of such an address often is all that it takes to write there. */
  const receiver = (name: string): Secret | undefined => {
    const given = secret(name);
    const parsed = given && URL.parse(given.reveal());
    if (given === undefined || (parsed && isPostable(parsed))) return given;
    refused(
      name,
      "must be an https URL without a fragment (http only on this machine, such as http://localhost:2586/mail)",
    );
    return undefined;
  };

  /** Its value is never shown: it holds a password. */
  const database = (name: string): Secret | undefined => {
    const given = secret(name);
    const parsed = given && URL.parse(given.reveal());
    if (given === undefined || (parsed && isDatabase(parsed))) return given;
    refused(
      name,
      "must be the URL of a PostgreSQL database, such as postgres://user:password@db.example.com/gmail_export",
    );
    return undefined;
  };

  const span = (name: string, fallback: string): number => {
    const value = spanOf(text(name, fallback));
    if (value !== undefined) return value;
    refused(name, "must be a whole number of minutes, hours or days up to 366 days, such as 90m, 48h or 7d");
    return spanOf(fallback)!;
  };

  /** The server answers at its path, so nothing in that may mean more than it says: `*` and `:id` stand for other paths. */
  const redirect = (name: string, fallback: string): URL => {
    const given = url(name, fallback);
    if (/^(?:\/[\w.~-]+)*\/?$/.test(given.pathname)) return given;
    refused(name, "must have a path of letters, digits and . _ ~ - alone, such as /auth/callback");
    return new URL(fallback);
  };

  const address = (name: string, such: string): string | undefined => {
    const given = env[name]?.trim();
    if (!given) return undefined;
    if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(given)) return given;
    refused(name, `must be an address, such as ${such}`);
    return undefined;
  };

  const hostAndPort = (name: string, fallback: string): string => {
    const given = text(name, fallback).toLowerCase();
    const [, host, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(given) ?? [];
    if (host !== undefined && isHost(host) && Number(port ?? 1) <= 65_535) return given;
    refused(name, `must be a host name, with a port where it is not 80, such as ${fallback}`);
    return fallback;
  };

  const port = whole("PORT", 8000, 1, 65_535);
  const config: Config = {
    credentialsPath: path("GOOGLE_CREDENTIALS_PATH", "credentials.json"),
    serviceAccount: address("GOOGLE_SERVICE_ACCOUNT", "exporter@my-project.iam.gserviceaccount.com"),
    admin: address("GOOGLE_ADMIN", "admin@example.com"),
    googleApiUrl: env["GOOGLE_API_URL"]?.trim() ? url("GOOGLE_API_URL", "https://www.googleapis.com") : undefined,
    metadataHost: hostAndPort("GCE_METADATA_HOST", "metadata.google.internal"),
    tokenDir: path("TOKEN_DIR", "tokens"),
    exportDir: readBucketPlace("EXPORT_DIR", text("EXPORT_DIR", "data"), refused) ?? path("EXPORT_DIR", "data"),
    buckets: readBucketSettings(env, refused),
    stateDir: path("STATE_DIR", "state"),
    scopes: text("GMAIL_SCOPES", "https://www.googleapis.com/auth/gmail.readonly").split(/[\s,]+/),
    redirectUri: redirect("OAUTH_REDIRECT_URI", `http://localhost:${port}/auth/callback`),
    host: text("HOST", "127.0.0.1"),
    port,
    apiKey: secret("API_KEY"),
    allowedHosts: list("ALLOWED_HOSTS", isHost, "must be host names without scheme and port, such as mail.example.com"),
    trustProxy: list(
      "TRUST_PROXY",
      isNetwork,
      "must be addresses or networks of proxies, such as loopback or 10.0.0.0/8",
    ),
    gmailApiUrl: url("GMAIL_API_URL", "https://gmail.googleapis.com"),
    tier: oneOf("GMAIL_TIER", ["auto", "2026", "legacy"], "auto"),
    unitsPerMinute: env["GMAIL_UNITS_PER_MINUTE"]?.trim()
      ? whole("GMAIL_UNITS_PER_MINUTE", 6_000, 60, 1_000_000_000)
      : undefined,
    projectUnitsPerMinute: whole("GMAIL_PROJECT_UNITS_PER_MINUTE", PROJECT_UNITS_PER_MINUTE, 60, 1_000_000_000),
    maxInFlight: whole("GMAIL_MAX_IN_FLIGHT", 10, 1, 50),
    recordRefusals: env["GMAIL_RECORD_REFUSALS"]?.trim() ? path("GMAIL_RECORD_REFUSALS", "") : undefined,
    exportConcurrency: whole("EXPORT_CONCURRENCY", 4, 1, 100),
    exportMemoryBytes: whole("EXPORT_MEMORY_MB", 96, 1, 65_536) << 20,
    notifyUrl: receiver("NOTIFY_URL"),
    notifyAfterMs: span("NOTIFY_AFTER", "48h"),
    liveMinutes: env["GMAIL_LIVE_MINUTES"]?.trim() ? whole("GMAIL_LIVE_MINUTES", 5, 1, 1_440) : undefined,
    liveAccounts: list("GMAIL_LIVE_ACCOUNTS", isAddress, "must be e-mail addresses, separated by commas or spaces"),
    databaseUrl: database("DATABASE_URL"),
    encryptionKey: env["TOKEN_ENCRYPTION_KEY"]?.trim() === "keyring" ? "keyring" : key("TOKEN_ENCRYPTION_KEY"),
    formerEncryptionKey: key("TOKEN_ENCRYPTION_KEY_FORMER"),
    logLevel: oneOf("LOG_LEVEL", LOG_LEVELS, "info"),
  };

  // Short names of other programs may well be one slip of the hand from ours.
  const names = Object.keys(env).filter((name) => name.length > 7);
  const known = names.length > 0 ? settingNames() : [];
  for (const name of names) {
    const meant = nameMeant(name, known);
    if (meant !== undefined) refused(name, `is no setting; ${meant} is`);
  }
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0")
    refused(
      "NODE_TLS_REJECT_UNAUTHORIZED",
      "is 0, which lets anybody on the way read tokens and mail: unset it (a proxy's own certificate goes to NODE_EXTRA_CA_CERTS)",
    );
  if (config.databaseUrl && (config.encryptionKey === undefined || config.encryptionKey === "keyring"))
    refused(
      "DATABASE_URL",
      "is shared by machines that must have one key: set TOKEN_ENCRYPTION_KEY to 32 bytes in base64 too",
    );
  if (!isLoopback(config.host) && !config.apiKey)
    refused("HOST", "can be reached from other machines: set API_KEY too, or leave it at 127.0.0.1");
  if (config.liveAccounts.length > 0 && config.liveMinutes === undefined)
    refused("GMAIL_LIVE_ACCOUNTS", "names whose mailboxes are watched, and GMAIL_LIVE_MINUTES is not set: set it too");
  for (const [setting, entries] of [
    ["ALLOWED_HOSTS", config.allowedHosts],
    ["TRUST_PROXY", config.trustProxy],
  ] as const)
    if (entries.length > 0 && !config.apiKey) refused(setting, "lets in others than this machine: set API_KEY too");
  if (config.apiKey && !STRONG_KEY.test(config.apiKey.reveal()))
    refused(
      "API_KEY",
      "must have at least 43 characters, as 32 random bytes in base64 do (gmail-export key makes one)",
    );
  return { config, problems };
}

function isAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

/** A receiver reached over the network without being read on the way. */
function isPostable({ protocol, hostname, hash, username, password }: URL): boolean {
  if (hash !== "" || [username, password].some((text) => !isPercentEncoded(text))) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

/** One that names a database: without a name, PostgreSQL would take the user's. */
function isDatabase({ protocol, pathname, username, password }: URL): boolean {
  if ([username, password, pathname].some((text) => !isPercentEncoded(text))) return false;
  return /^postgres(?:ql)?:$/.test(protocol) && pathname.length > 1;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const SPAN_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "48h" → milliseconds; undefined for what is no such span of time, or too short or too long to be meant. */
function spanOf(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const value = Number(count) * SPAN_MS[unit ?? "m"]!;
  return value > 0 && value <= 366 * SPAN_MS["d"]! ? value : undefined;
}

/** A name or an address, as in the Host header of a request but for the port. */
function isHost(text: string): boolean {
  return /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(text) || (/^\[.*\]$/.test(text) && isIP(text.slice(1, -1)) === 6);
}

/** An address, a network (CIDR), or a word that Fastify has for some networks. */
function isNetwork(text: string): boolean {
  const [address = "", prefix, ...more] = text.split("/");
  const bits = { 4: 32, 6: 128 }[isIP(address)];
  if (bits === undefined) return ["loopback", "linklocal", "uniquelocal"].includes(text);
  return more.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits));
}
