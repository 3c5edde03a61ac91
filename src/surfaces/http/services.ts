import type { Accounts } from "../../core/grant.ts";
import type { ChooseDirectory, JobQueue } from "../../core/job.ts";
import type { Manifest } from "../../core/manifest.ts";
import type { Log, Secret } from "../../core/ports.ts";
import type { Finding } from "../../pipeline/doctor/finding.ts";

/** What the HTTP surface needs; `main.ts` fills it. */
export type Services = Readonly<{
  accounts: Accounts;
  queue: JobQueue;
  chooseDirectory: ChooseDirectory;
  /** Throws `directory_busy` while some process writes there. */
  directoryIsFree(path: string): Promise<void>;
  /** The manifest of an export directory; undefined while there is none. */
  readManifest(path: string): Promise<Manifest | undefined>;
  /** All accounts when none is named. */
  doctor(account: string | undefined, signal: AbortSignal): Promise<readonly Finding[]>;
  /** Where a person signs in as this account. */
  signInUrl(account: string): string;
  /** Where Google sends the browser back. Sign-in must begin on its origin, or the cookie set there is not sent back. */
  redirectUri: URL;
  apiKey: Secret | undefined;
  version: string;
  log: Log;
}>;
