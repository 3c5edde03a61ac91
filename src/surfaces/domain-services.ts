import type { DomainDirectory } from "../core/ports/domain-directory.ts";
import type { ReadProfile } from "../pipeline/domain/count-mail.ts";
import type { Mail } from "../pipeline/domain/counted-mail.ts";
import type { DomainLimits } from "../pipeline/domain/forecast-domain.ts";

/** What it takes to look through a domain. */
export type DomainServices = Readonly<{
  directory: DomainDirectory;
  readProfile: ReadProfile;
  /** How much mail an account had when it was last asked. */
  counted(account: string): Mail | undefined;
  /** What is known of Google's limits for the service account's project. */
  limits(): Promise<DomainLimits>;
  /** Accounts exported at once. */
  concurrency: number;
}>;
