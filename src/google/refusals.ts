import { refuse, type ExportError } from "../core/errors.ts";
import { word } from "./token-endpoint.ts";

/** The ways a sign-in can be refused, in words. Addresses are in `next` only: messages are logged. */

const AGAIN = "Begin the sign-in again.";

/** An organisation's administrator does not let this app at its mail; Google says so at the consent page and at a refresh. */
export function refusedByAdministrator(): ExportError {
  return refuse(
    "sign_in_refused",
    "The organisation that manages this account does not allow this app to read its mail (admin_policy_enforced).",
    "Ask its administrator to trust the app's client ID: Google Admin console → Security → Access and data control → " +
      "API controls → Manage app access. Then sign in again.",
  );
}

/** `error` is what Google's page sent back in place of a code (RFC 6749 §4.1.2.1). */
export function refusedAtConsent(error: string): ExportError {
  if (error === "admin_policy_enforced") return refusedByAdministrator();
  return error === "access_denied"
    ? refuse(
        "sign_in_refused",
        "Access was refused on Google's consent page.",
        "Begin the sign-in again and allow access. If Google said that the app is being tested: in the Google Cloud console " +
          "open Google Auth Platform → Audience, and publish the app or add the address as a test user.",
      )
    : refuse("sign_in_refused", `Google ended the sign-in (${word(error) ?? "without a known reason"}).`, AGAIN);
}

/** The answer says that it comes from somebody else than was asked (RFC 9207 §2.4). */
export function otherIssuer(): ExportError {
  return refuse("sign_in_refused", "The answer to this sign-in does not come from Google.", AGAIN);
}

/** `error` is what the token endpoint answered to the code (RFC 6749 §5.2). */
export function codeRefused(error: string, redirectUri: string): ExportError {
  switch (error) {
    case "admin_policy_enforced":
      return refusedByAdministrator();
    case "invalid_grant":
      return refuse("sign_in_refused", "The sign-in's code had expired or was used already.", AGAIN);
    case "redirect_uri_mismatch":
      return refuse(
        "sign_in_refused",
        "The Google Cloud project does not know the address that Google should return to.",
        `In the Google Cloud console open Google Auth Platform → Clients → the client → Authorized redirect URIs, add ${redirectUri}, then begin the sign-in again.`,
      );
    default:
      return refuse("sign_in_refused", `Google gave no tokens for the sign-in's code (${error}).`, AGAIN);
  }
}

export function scopeNotGranted(missing: readonly string[]): ExportError {
  return refuse(
    "scope_not_granted",
    `Not all of the access that is needed was granted: ${missing.join(", ")} is missing.`,
    `Begin the sign-in again and tick the box for ${missing.map(inWords).join(" and ")} on Google's page.`,
  );
}

/** What Google's consent page writes beside the box. */
function inWords(scope: string): string {
  switch (scope) {
    case "https://www.googleapis.com/auth/gmail.readonly":
      return '"View your email messages and settings"';
    case "https://www.googleapis.com/auth/gmail.modify":
      return '"Read, compose, and send emails from your Gmail account"';
    case "https://mail.google.com/":
      return '"Read, compose, send, and permanently delete all your email from Gmail"';
    default:
      return scope;
  }
}

export function noRefreshToken(): ExportError {
  return refuse(
    "sign_in_refused",
    "Google gave access for an hour only: no refresh token came with it.",
    "Remove the app's access at https://myaccount.google.com/permissions, then begin the sign-in again.",
  );
}

export function wrongAccount(asked: string, signedIn: string): ExportError {
  return refuse(
    "wrong_account",
    "Another account signed in than the one asked for.",
    `${signedIn} signed in, ${asked} was asked for. If ${asked} is another or a former address of that mailbox, use ` +
      `${signedIn}, its real name, from now on; if it is another mailbox, begin the sign-in again and choose ${asked} on Google's page.`,
  );
}
