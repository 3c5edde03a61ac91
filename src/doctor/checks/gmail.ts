import { sameAccount } from "../../core/account.ts";
import { failureOf, type Failure } from "../../core/errors.ts";
import type { Profile } from "../../core/ports/mailbox-source.ts";
import { timeLimit } from "../../core/time-limit.ts";
import type { Outcome } from "../attempt.ts";
import type { Client, Facts, Settings } from "../facts.ts";
import { fail, ok, skipped, warn, type Finding } from "../finding.ts";
import { number, signIn, signInAnew } from "../words.ts";
import { consolePages } from "./console-pages.ts";

/** Why Gmail need not be asked for any account, since it cannot answer; undefined when it may. No client is needed where nobody signs in. */
export function obstacleToGmail(
  settings: Settings,
  client: Outcome<Client> | undefined,
  hosts: readonly Finding[],
): string | undefined {
  if (client && "failure" in client) return "The client file cannot be used.";
  if (settings.problems.some(({ setting }) => setting === "GMAIL_API_URL")) return "GMAIL_API_URL cannot be used.";
  const away = hosts.find(({ id, status }) => status === "fail" && (id === "host_token" || id === "host_gmail"));
  return away && `${away.what}.`;
}

export function notAsked(account: string, why: string): Finding {
  return skipped("gmail", `Gmail was not asked for ${account}`, why, "Mend that first.");
}

/** How the one call to Gmail ended: its answer, what it was refused for, or nothing in time. */
export type Called = Readonly<{ profile: Profile }> | Readonly<{ failure: Failure }> | Readonly<{ timedOut: true }>;

/** How long Gmail may take, with all that is tried again meanwhile. */
const PATIENCE_MS = 20_000;

/** Asks Gmail for the account's profile. Rejects when the signal aborts. */
export async function callGmail(facts: Facts, account: string, signal: AbortSignal): Promise<Called> {
  using limit = timeLimit(facts, PATIENCE_MS, signal);
  try {
    return { profile: await facts.profile(account, limit.signal) };
  } catch (error) {
    signal.throwIfAborted();
    const failure = failureOf(error);
    if (failure) return { failure };
    if (error instanceof Error && error.name === "TimeoutError") return { timedOut: true };
    throw error;
  }
}

export function gmailFinding(account: string, called: Called, projectId: string | undefined): Finding {
  if ("timedOut" in called)
    return warn(
      "gmail",
      `Gmail did not answer for ${account} in time`,
      "It may be in trouble, or an export that runs is spending the whole quota of this minute.",
      "Try again in a minute.",
    );
  if ("failure" in called) return refusalFinding(account, called.failure, projectId);
  const { emailAddress, messagesTotal } = called.profile;
  if (!sameAccount(emailAddress, account))
    return fail(
      "gmail",
      `The sign-in stored for ${account} opens the mailbox of ${emailAddress}`,
      "An export would bring another person's mail.",
      `gmail-export logout ${account}, then ${signIn(account)}, and choose ${account} on Google's page.`,
    );
  return ok("gmail", `Gmail answers for ${account}: ${number(messagesTotal)} messages`);
}

function refusalFinding(account: string, failure: Failure, projectId: string | undefined): Finding {
  const { code, message, next } = failure;
  if (code === "api_disabled") {
    return fail(
      "gmail",
      "The Gmail API is not switched on in the Google Cloud project of the client file",
      "Google refuses every call until it is.",
      "In the Google Cloud console open APIs & Services → Library → Gmail API and press Enable " +
        `(${consolePages(projectId).enableGmailApi}), then wait a few minutes.`,
    );
  }
  const what = `Gmail cannot be read for ${account}: ${message}`;
  if (code === "scope_missing")
    return fail(
      "gmail",
      what,
      "No export can begin.",
      `gmail-export logout ${account}, then ${signIn(account)}, and tick the box for reading mail on Google's page, if there is one.`,
    );
  if (failure.retry === "sign_in")
    return fail("gmail", what, "Exports of this account wait for a new sign-in.", signInAnew(account));
  // The set-up is right when Google only asks to wait.
  const passing = failure.retry === "wait" || code === "daily_limit" || code === "server_error";
  return passing
    ? warn("gmail", what, "Google will let calls through again.", next)
    : fail("gmail", what, "No export can begin.", next);
}
