import { refuse, type ExportError } from "../../core/errors.ts";
import { refusedByAdministrator } from "../refusals.ts";
import type { Refused, Wanted } from "./assertion.ts";
import type { ServiceAccount } from "./service-account.ts";

/** The ways in which a service account gets no token for a user (gmail-api.md §8). Addresses are in `next` only: messages are logged. */

const ADMIN_CONSOLE =
  "Google Admin console → Security → Access and data control → API controls → Manage Domain Wide Delegation";

/** Google allows that much between two clocks. */
const SKEW_MS = 240_000;

/** Google gives tokens to nobody else's account. */
export function notOfADomain(subject: string): ExportError {
  return refuse(
    "user_unusable",
    "A service account reads the mailboxes of an organisation's domain, and this address is a private one.",
    `Sign in as ${subject} with an OAuth client instead; or export an address of the domain.`,
  );
}

/** `worksAlone`: whether the service account gets tokens of its own, which says whose fault an `invalid_grant` is. */
export function refusalOf(
  account: ServiceAccount,
  { subject = "", scopes }: Wanted,
  { error, aheadMs }: Refused,
  worksAlone: boolean,
): ExportError {
  switch (error) {
    case "unauthorized_client":
    case "access_denied":
      return notDelegated(account, subject, scopes, error);
    case "invalid_scope":
      return refuse(
        "settings_invalid",
        "Google knows no such scope as GMAIL_SCOPES names.",
        "Leave GMAIL_SCOPES out, or set it to https://www.googleapis.com/auth/gmail.readonly.",
      );
    case "admin_policy_enforced":
      return refusedByAdministrator();
    case "invalid_grant":
      if (worksAlone) return userUnusable(subject);
      return aheadMs !== undefined && Math.abs(aheadMs) > SKEW_MS ? wrongClock(aheadMs) : keyRefused(account);
    default:
      return refuse(
        "credentials_invalid",
        `Google gives the service account no token (${error}).`,
        `In the Google Cloud console open IAM & Admin → Service Accounts and see whether ${account.email} is there and enabled.`,
      );
  }
}

function notDelegated(
  { email, clientId }: ServiceAccount,
  subject: string,
  scopes: readonly string[],
  error: string,
): ExportError {
  const paste =
    clientId === undefined
      ? `the unique ID of ${email}, which gcloud iam service-accounts describe ${email} --format="value(uniqueId)" prints`
      : `client ID ${clientId}`;
  return refuse(
    "delegation_missing",
    `The domain's administrator has not delegated this access to the service account, or Google does not know of it yet (${error}).`,
    `A super administrator of the domain of ${subject} opens ${ADMIN_CONSOLE} → Add new (https://admin.google.com/ac/owl/domainwidedelegation), ` +
      `pastes ${paste}, and the scopes ${scopes.join(",")}. All scopes must stand there letter by letter; it takes minutes, ` +
      "and now and then up to 24 hours. Then start again.",
  );
}

function userUnusable(subject: string): ExportError {
  return refuse(
    "user_unusable",
    "Google gives no access to this user's mailbox: the domain has no such user, or the user is suspended or archived.",
    `See in the Google Admin console → Directory → Users whether ${subject} is there and active, and how the address is spelled; then start again.`,
  );
}

function wrongClock(aheadMs: number): ExportError {
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  return refuse(
    "credentials_invalid",
    `This machine's clock is ${minutes} minutes ${aheadMs > 0 ? "ahead of" : "behind"} Google's, so what the service account signs is refused.`,
    "Set this machine's clock (see clock in doctor's report), then start again.",
  );
}

function keyRefused({ email }: ServiceAccount): ExportError {
  return refuse(
    "credentials_invalid",
    "Google does not accept what the service account signs: its key was deleted or has expired, or the account is gone or switched off.",
    `In the Google Cloud console open IAM & Admin → Service Accounts → ${email}: enable it, or make a new key there and replace the key file.`,
  );
}
