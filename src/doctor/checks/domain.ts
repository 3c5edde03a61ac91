import { failureOf, type Failure } from "../../core/errors.ts";
import { timeLimit } from "../../core/time-limit.ts";
import type { Outcome } from "../attempt.ts";
import type { Client, Facts, ServiceAccount, Settings } from "../facts.ts";
import { fail, ok, skipped, warn, type Finding, type FindingId } from "../finding.ts";

/** How long Google may take, with all that is tried again meanwhile. */
const PATIENCE_MS = 30_000;

/** A service account, once there is one; undefined where nothing of the kind is set up. */
export type FoundServiceAccount = Outcome<ServiceAccount | undefined>;

/** Whether mail is read by a service account's key alone: where an OAuth client's file would be, its key file is. */
export function isKeyAlone(found: FoundServiceAccount): boolean {
  return "value" in found && found.value?.clientId !== undefined;
}

/** Of the service account itself; nothing where there is none. */
export function serviceAccountFindings(
  { credentialsPath }: Settings,
  found: FoundServiceAccount,
  client: Outcome<Client>,
): Finding[] {
  // One file that cannot be read at all is told once.
  if ("failure" in found && "failure" in client && found.failure.message === client.failure.message) return [];
  if ("failure" in found)
    return [
      fail(
        "service_account",
        found.failure.message,
        "Without it no mailbox of the domain can be read.",
        found.failure.next,
      ),
    ];
  const { value } = found;
  if (value === undefined) return [];
  const what =
    value.clientId === undefined
      ? `Google signs for the service account ${value.email}; there is no key`
      : `${credentialsPath} holds the key of the service account ${value.email}`;
  return [ok("service_account", what)];
}

/** Whether the service account gets a token for this user. */
export async function delegationFinding(facts: Facts, account: string, signal: AbortSignal): Promise<Finding> {
  const why = `The mail of ${account} cannot be read.`;
  return tryTo(facts, "delegation", why, signal, async (stop) => {
    await facts.domain.token(account, stop);
    return ok("delegation", `The service account may read the mail of ${account}`);
  });
}

/** Whether the domain's directory can be read. */
export async function directoryFinding(facts: Facts, signal: AbortSignal): Promise<Finding> {
  const { admin } = facts.settings;
  if (admin === undefined)
    return skipped(
      "directory",
      "The domain's directory was not looked at",
      "GOOGLE_ADMIN is not set; without it single addresses can be exported, and nobody is told who is there.",
      "Set GOOGLE_ADMIN to the address of an administrator of the domain.",
    );
  const why = "Without it nobody is told who is in the domain; single addresses can be exported all the same.";
  return tryTo(facts, "directory", why, signal, async (stop) => {
    await facts.domain.directory(stop);
    return ok("directory", `The directory of the domain can be read as ${admin}`);
  });
}

async function tryTo(
  facts: Facts,
  id: FindingId,
  why: string,
  signal: AbortSignal,
  work: (stop: AbortSignal) => Promise<Finding>,
): Promise<Finding> {
  using limit = timeLimit(facts, PATIENCE_MS, signal);
  try {
    return await work(limit.signal);
  } catch (error) {
    signal.throwIfAborted();
    const failure = failureOf(error);
    if (failure) return refusalFinding(id, failure, why);
    if (error instanceof Error && error.name === "TimeoutError")
      return warn(id, "Google did not answer in time", why, "Try again in a minute.");
    throw error;
  }
}

function refusalFinding(id: FindingId, { retry, message, next }: Failure, why: string): Finding {
  return retry === "backoff" || retry === "wait" ? warn(id, message, why, next) : fail(id, message, why, next);
}

export function noSubject(): Finding {
  return warn(
    "delegation",
    "No account of the domain was tried",
    "Whether the domain's administrator has delegated access is seen by trying one.",
    "Name one: gmail-export doctor ada@example.com, with an address of the domain; or set GOOGLE_ADMIN.",
  );
}
