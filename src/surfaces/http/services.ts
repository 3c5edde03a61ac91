import type { ExportRequest } from "../../core/export/job.ts";
import type { Filter } from "../../core/mail/filter.ts";
import type { Accounts } from "../../core/ports/accounts.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ChooseDirectory } from "../../core/ports/export-directory.ts";
import type { JobQueue } from "../../core/ports/job-queue.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Archive, ReadDirectory } from "../../core/ports/read-directory.ts";
import type { ReadRecordContent } from "../../core/ports/record-content.ts";
import type { Records } from "../../core/ports/records.ts";
import type { Secret } from "../../core/secret.ts";
import type { Finding } from "../../doctor/finding.ts";
import type { Setup } from "../../doctor/setup.ts";
import type { AllWork } from "../../pipeline/all-work.ts";
import type { Estimate } from "../../pipeline/estimate.ts";
import type { CurrentAlarm } from "../../pipeline/unattended/current-alarms.ts";
import type { LastProven } from "../../pipeline/unattended/last-proven.ts";
import type { Scheduling } from "../../pipeline/unattended/scheduling.ts";
import type { Verifications } from "../../pipeline/verifications.ts";
import type { DomainServices } from "../domain-services.ts";
import type { Measures } from "./operations/measures.ts";
import type { Readiness } from "./operations/readiness.ts";

/** What the server is called, and who may call it. */
export type AccessSettings = Readonly<{
  apiKey: Secret | undefined;
  /** What the server listens on. */
  host: string;
  /** Names that it goes by besides those of this machine and of the redirect URI. */
  allowedHosts: readonly string[];
  /** Addresses and networks of proxies whose X-Forwarded headers are believed. */
  trustProxy: readonly string[];
  /** Where Google sends the browser back. Sign-in must begin on its origin, or the cookie set there is not sent back. */
  redirectUri: URL;
}>;

/** What it takes to become the owner of a grant. */
export type SignInServices = Readonly<{
  accounts: Accounts;
  setup(): Promise<Setup>;
  /** Keeps the text of a client file. Throws `credentials_refused`, `credentials_exist` or `disk`. */
  storeCredentials(text: string): Promise<void>;
}>;

/** What it takes to start exports, follow them and give out what they made. */
export type ExportServices = Readonly<{
  accounts: Pick<Accounts, "status">;
  /** Where a person signs in as this account. */
  signInUrl(account: string): string;
  queue: JobQueue;
  chooseDirectory: ChooseDirectory;
  /** Throws `directory_busy` while some process writes there. */
  directoryIsFree(path: string): Promise<void>;
  /** Throws `directory_foreign`, with a directory that is free, where the one asked for holds another export. */
  mayUseDirectory(request: ExportRequest): Promise<void>;
  readDirectory: Pick<ReadDirectory, "manifest" | "snapshot">;
  archive: Archive;
  /** A filter with label ids for names. Throws `label_unknown`. */
  resolveLabels(account: string, filter: Filter, signal: AbortSignal): Promise<Filter>;
  /** The dry run of an export. */
  estimate(request: ExportRequest, signal: AbortSignal, asksSizes: boolean): Promise<Estimate>;
  /** Checks of what is on disk, in the background. */
  verifications: Verifications;
}>;

/** What it takes to let exports begin by themselves. `timeZone` is the one of this machine. */
export type ScheduleServices = Pick<
  ExportServices,
  "accounts" | "signInUrl" | "chooseDirectory" | "mayUseDirectory" | "resolveLabels"
> &
  Readonly<{ scheduling: Scheduling; timeZone: string }>;

/** What it takes to look through what was exported. */
export type MailServices = Readonly<{
  queue: Pick<JobQueue, "get">;
  records: Omit<Records, "close">;
  /** Originals and contents of attachments. */
  contents: ReadRecordContent;
  readDirectory: Pick<ReadDirectory, "manifest" | "open" | "changesUnderWay">;
}>;

/** What it takes to run the server. */
export type OperationsServices = Readonly<{
  /** All accounts when none is named. */
  doctor(account: string | undefined, signal: AbortSignal): Promise<readonly Finding[]>;
  measures: Measures;
  readiness: Readiness;
  queue: Pick<JobQueue, "counts">;
  /** What is wrong with scheduled exports, as it was seen last. */
  alarms(): Promise<readonly CurrentAlarm[]>;
  /** What all workers do and have to do. */
  lookAtWork(signal: AbortSignal): Promise<AllWork>;
  /** Up to when directories were last proven complete, by the newest export of each. */
  lastProven(): Promise<readonly LastProven[]>;
}>;

/** What it takes to start exports of many accounts of a domain. */
export type DomainExportServices = Readonly<{ domain: DomainServices }> &
  Pick<
    ExportServices,
    "accounts" | "queue" | "chooseDirectory" | "directoryIsFree" | "mayUseDirectory" | "readDirectory"
  >;

/** What every room of the surface has. */
export type Common = Readonly<{ clock: Clock; log: Log }>;

/** What the HTTP surface needs, by the folder that needs it; `main.ts` fills it. */
export type Services = Common &
  Readonly<{
    access: AccessSettings;
    signIn: SignInServices;
    exports: ExportServices;
    domain: DomainServices;
    schedules: Pick<ScheduleServices, "scheduling" | "timeZone">;
    mail: MailServices;
    operations: OperationsServices;
    /** Where the built console is; it may be missing. */
    consoleFolder: string;
    version: string;
  }>;
