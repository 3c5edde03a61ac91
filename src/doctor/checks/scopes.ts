import type { Settings } from "../facts.ts";
import { fail, ok, type Finding } from "../finding.ts";
import { signIn } from "../words.ts";

const READONLY = "https://www.googleapis.com/auth/gmail.readonly";

/** Each alone lets all mail be read. */
const READS_MAIL = new Set([READONLY, "https://www.googleapis.com/auth/gmail.modify", "https://mail.google.com/"]);

/** With it in a token Gmail shows no bodies and takes no query, whatever else was granted (gmail-api.md §9). */
const METADATA = "https://www.googleapis.com/auth/gmail.metadata";

/** What is wrong with a set of scopes for reading mail; undefined when nothing is. */
function faultOf(scopes: readonly string[]): "no reading" | "metadata" | undefined {
  if (scopes.includes(METADATA)) return "metadata";
  return scopes.some((scope) => READS_MAIL.has(scope)) ? undefined : "no reading";
}

export function scopesAskedFinding({ scopes }: Settings): Finding {
  const fault = faultOf(scopes);
  if (fault === undefined) return ok("scopes_asked", "GMAIL_SCOPES asks for access to mail");
  return fail(
    "scopes_asked",
    fault === "metadata" ? "GMAIL_SCOPES asks for gmail.metadata" : "GMAIL_SCOPES does not ask for access to mail",
    fault === "metadata"
      ? "Beside that scope Gmail shows no bodies and takes no search, whatever else was granted."
      : "A sign-in with these scopes cannot read any message.",
    `Leave GMAIL_SCOPES out, or set it to ${READONLY}.`,
  );
}

export function scopesGrantedFinding(account: string, granted: readonly string[]): Finding {
  switch (faultOf(granted)) {
    case undefined:
      return ok("scopes_granted", `${account} allows mail to be read`);
    case "metadata":
      return fail(
        "scopes_granted",
        `The sign-in of ${account} carries the scope gmail.metadata`,
        "Beside that scope Gmail shows no bodies and takes no search, whatever else was granted.",
        `Take it out of GMAIL_SCOPES, then gmail-export logout ${account} (so that Google forgets it), then ${signIn(account)}.`,
      );
    case "no reading":
      return fail(
        "scopes_granted",
        `The sign-in of ${account} does not allow mail to be read`,
        "A box on Google's consent page was left unticked, or GMAIL_SCOPES asked for something else.",
        `Sign in again, and tick the box for reading mail on Google's page, if there is one: ${signIn(account)}.`,
      );
  }
}
