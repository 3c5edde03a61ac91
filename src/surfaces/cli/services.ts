import type { ExportRequest, Progress } from "../../core/export/job.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import type { Accounts } from "../../core/ports/accounts.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ChooseDirectory } from "../../core/ports/export-directory.ts";
import type { MailboxSource } from "../../core/ports/mailbox-source.ts";
import type { OpenOutputFolder } from "../../core/ports/output-folder.ts";
import type { ReadDirectory } from "../../core/ports/read-directory.ts";
import type { Rotated } from "../../core/ports/state.ts";
import type { Estimate } from "../../pipeline/estimate.ts";
import type { Scheduling } from "../../pipeline/unattended/scheduling.ts";
import type { DomainServices } from "../domain-services.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** What the commands need; `main.ts` fills it. */
export type Services = Readonly<{
  accounts: Accounts;
  /** Desktop clients take any loopback port; web clients only the redirect URI registered for them. */
  clientKind(): Promise<"installed" | "web">;
  redirectUri: URL;
  chooseDirectory: ChooseDirectory;
  /** Throws `directory_foreign` where it holds another export. */
  mayUseDirectory(request: ExportRequest): Promise<void>;
  scheduling: Scheduling;
  runExport(request: ExportRequest, report: (progress: Progress) => void, signal: AbortSignal): Promise<Manifest>;
  estimate(request: ExportRequest, signal: AbortSignal, asksSizes: boolean): Promise<Estimate>;
  readDirectory: ReadDirectory;
  openOutput: OpenOutputFolder;
  mailbox(account: string): Promise<MailboxSource>;
  openBrowser(url: string): Promise<void>;
  clock: Clock;
  terminal: Terminal;
  domain: DomainServices;
  /** The text of a file that a person named. */
  readTextFile(path: string): Promise<string>;
  /** Gives the stored sign-ins a new key; `unopened` are those that neither key opens. */
  rotateKey(signal: AbortSignal): Promise<Rotated>;
}>;
