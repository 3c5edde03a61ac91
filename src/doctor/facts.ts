import type { Trouble } from "../core/export/alarm.ts";
import type { Manifest } from "../core/export/manifest.ts";
import type { Grant } from "../core/grant.ts";
import type { NetworkProxy } from "../core/network/proxy.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Profile } from "../core/ports/mailbox-source.ts";
import type { Tier } from "../core/quota.ts";
import type { Secret } from "../core/secret.ts";
import type { EpochMs } from "../core/time.ts";

/** What doctor asks of the world. Nothing is made or changed by asking, but that an access token may be renewed. */
export type Facts = Readonly<{
  /** As `process.version` has it. */
  nodeVersion: string;
  settings: Settings;
  now: Clock["now"];
  sleep: Clock["sleep"];
  /** The client file. Throws `credentials_missing` or `credentials_invalid`. */
  client(): Promise<Client>;
  /** Permission bits of a file; undefined where it is not there, or the system has no such bits. */
  permissions(path: string): Promise<number | undefined>;
  folder(path: string): Promise<Folder>;
  /** Bytes that may still be written there; undefined where the system does not say. */
  room(path: string): Promise<number | undefined>;
  listener(host: string, port: number, signal: AbortSignal): Promise<Listener>;
  /** Asks a server for anything at all. Gives up by itself. */
  reach(url: string, signal: AbortSignal, proxy: URL | undefined): Promise<Reach>;
  /** The proxy of the network that leads to a server. Throws `settings_invalid`. */
  proxy(server: URL): NetworkProxy | undefined;
  /** What was learned of the Cloud project of this client. */
  learned(clientId: string): Promise<Learned | undefined>;
  /** Accounts whose grant can be opened, and how many grants there are in all. Throws `key_unusable` or `disk`. */
  signedIn(): Promise<Readonly<{ accounts: readonly string[]; stored: number }>>;
  /** Throws `grant_unreadable` or `key_unusable`. */
  grant(account: string): Promise<Grant | undefined>;
  /** Asks Gmail (getProfile, 1 unit), until it answers. */
  profile(account: string, signal: AbortSignal): Promise<Profile>;
  /** What reads a whole domain. */
  domain: Readonly<{
    /** Undefined where there is none. Throws `credentials_invalid`. */
    serviceAccount(): Promise<ServiceAccount | undefined>;
    /** Whether it, and no sign-in of their own, reads this account. */
    isDelegated(account: string): Promise<boolean>;
    /** Has it get a token for this user's mail. */
    token(account: string, signal: AbortSignal): Promise<void>;
    /** Reads the beginning of the directory. */
    directory(signal: AbortSignal): Promise<void>;
  }>;
  /** Sees whether what is remembered can be used; makes nothing. Throws `database`, `key_unusable` or `settings_invalid`. */
  state(): Promise<void>;
  /** Of the account's usual export directory. */
  manifest(account: string): Promise<Manifest | undefined>;
  /** What has a schedule. Throws `disk`. */
  scheduled(signal: AbortSignal): Promise<Scheduled>;
  /** Posts a test to the receiver of alarms, where that is wanted; left out, nothing is posted. */
  postTest?(signal: AbortSignal): Promise<void>;
}>;

/** How many schedules there are, and what is wrong with their exports. */
export type Scheduled = Readonly<{
  schedules: number;
  alarms: readonly (Pick<Trouble, "event" | "message" | "next"> & Readonly<{ account: string }>)[];
}>;

/** Settings as they will be used: what cannot be used is among the problems, and has its default here. */
export type Settings = Readonly<{
  problems: readonly Readonly<{ setting: string; problem: string }>[];
  credentialsPath: string;
  tokenDir: string;
  exportDir: string;
  stateDir: string;
  scopes: readonly string[];
  redirectUri: URL;
  host: string;
  port: number;
  gmailApiUrl: URL;
  /** GOOGLE_ADMIN: whose eyes see the domain's directory. */
  admin: string | undefined;
  tier: Tier | "auto";
  /** DATABASE_URL: where what is remembered lies, in place of the folders. */
  databaseUrl: Secret | undefined;
  /** Where alarms are posted. Whoever has the address of such a receiver may write to it, so it is a secret. */
  notifyUrl: Secret | undefined;
}>;

/** An OAuth client, as its file says. */
export type Client = Readonly<{
  kind: "installed" | "web";
  clientId: string;
  authUri: string;
  tokenUri: string;
  redirectUris: readonly string[];
  projectId?: string;
}>;

/** A service account; without a key file nobody knows its client id. */
export type ServiceAccount = Readonly<{
  email: string;
  clientId: string | undefined;
  tokenUri: string;
  projectId?: string;
}>;

export type Folder = Readonly<{
  exists: boolean;
  /** The system's word (EACCES, ENOTDIR, EROFS, …) for why it cannot be read and written, or made; undefined when it can. */
  fault: string | undefined;
  /** Undefined where it is not there, or the system has no such bits. */
  permissions: number | undefined;
}>;

/** Who has a port: nobody, a gmail-export, another program; or why nobody can have it. */
export type Listener = "nobody" | "gmail-export" | "another program" | Readonly<{ fault: string }>;

/** How far a request came. Each step stands on the one before. */
export type Reach =
  | Readonly<{ answered: true; status: number; /** Its Date header. */ date: EpochMs | undefined }>
  | Readonly<{ answered: false; failedAt: "DNS" | "TCP" | "TLS" | "HTTP"; code: string }>;

export type Learned = Readonly<{ tier: Tier; unitsPerMinute: number; priceFactor: number }>;
