import type { Archive, ReadDirectory } from "../../core/directory.ts";
import type { Accounts } from "../../core/grant.ts";
import type { ChooseDirectory, ExportRequest, JobQueue } from "../../core/job.ts";
import type { Clock, Log, Secret } from "../../core/ports.ts";
import type { Records } from "../../core/records.ts";
import type { Finding } from "../../doctor/finding.ts";
import type { Setup } from "../../doctor/setup.ts";
import type { Estimate } from "../../pipeline/estimate.ts";
import type { Measures } from "./operations/measures.ts";
import type { Readiness } from "./operations/readiness.ts";

/** What the HTTP surface needs; `main.ts` fills it. */
export type Services = Readonly<{
  accounts: Accounts;
  queue: JobQueue;
  chooseDirectory: ChooseDirectory;
  /** Throws `directory_busy` while some process writes there. */
  directoryIsFree(path: string): Promise<void>;
  readDirectory: Pick<ReadDirectory, "manifest" | "snapshot">;
  archive: Archive;
  records: Omit<Records, "close">;
  /** The dry run of an export. */
  estimate(request: ExportRequest, signal: AbortSignal): Promise<Estimate>;
  /** All accounts when none is named. */
  doctor(account: string | undefined, signal: AbortSignal): Promise<readonly Finding[]>;
  setup(): Promise<Setup>;
  /** Keeps the text of a client file. Throws `credentials_refused`, `credentials_exist` or `disk`. */
  storeCredentials(text: string): Promise<void>;
  measures: Measures;
  readiness: Readiness;
  /** Where a person signs in as this account. */
  signInUrl(account: string): string;
  /** Where Google sends the browser back. Sign-in must begin on its origin, or the cookie set there is not sent back. */
  redirectUri: URL;
  apiKey: Secret | undefined;
  /** What the server listens on. */
  host: string;
  /** Names that it goes by besides those of this machine and of the redirect URI. */
  allowedHosts: readonly string[];
  /** Addresses and networks of proxies whose X-Forwarded headers are believed. */
  trustProxy: readonly string[];
  /** Where the built console is; it may be missing. */
  consoleFolder: string;
  version: string;
  clock: Clock;
  log: Log;
}>;
