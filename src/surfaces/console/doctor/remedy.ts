import type { Finding } from "../../../doctor/finding.ts";

/** What mends a finding: in words, and by what the console has a button for. */
type Remedy = Readonly<{
  /** "" where the button says all. */
  text: string;
  /** `copy`: the text is a command of the system, to be typed where gmail-export runs. */
  action: "sign_in" | "accounts" | "setup" | "copy" | undefined;
}>;

/** How doctor says to sign in. */
const SIGN_IN = "gmail-export login(?: \\S+)?, or open /auth/gmail\\S* on the server";

/**
 * Doctor speaks to people at a terminal. In the console the commands of its sentences are buttons, and what is left of
 * the sentences stands beside them.
 */
export function remedyOf({ id, status, next }: Pick<Finding, "id" | "status" | "next">): Remedy {
  if (status === "ok" || next === "") return { text: "", action: undefined };
  if (id === "credentials" || id === "redirect_uri") return { text: next, action: "setup" };
  if (/^chmod \d+ \S+$/.test(next)) return { text: next, action: "copy" };
  const signsOut = next.includes("gmail-export logout");
  const signsIn = new RegExp(SIGN_IN).test(next);
  const text = next
    .replace(/gmail-export logout (\S+?)(?=,? )/, "sign out of $1")
    .replace(new RegExp(`then ${SIGN_IN}`), "then sign in again")
    .replace(new RegExp(`(?:: )?${SIGN_IN}`), "")
    .replace(/ gmail-export doctor you@example\.com says more of one account\.$/, "")
    .replace(/^\.$/, "")
    .replace(/^[a-z]/, (first) => first.toUpperCase());
  const asksAccounts = signsOut || id === "signed_in" ? "accounts" : undefined;
  return { text, action: signsIn && !signsOut ? "sign_in" : asksAccounts };
}
