import type { GrantStatus } from "../../../core/ports/accounts.ts";
import { sentenceIn } from "../../words/french.ts";
import { sign, wrap } from "../terminal/signs.ts";
import type { Paint } from "../terminal/terminal.ts";
import { messagesIn, type Messages } from "./messages.ts";

/** A line for each account, and below it what there is to know. */
export function statusLines(
  accounts: readonly GrantStatus[],
  paint: Paint,
  columns: number | undefined,
  w: Messages = messagesIn("en"),
): string[] {
  if (accounts.length === 0) return [w.nobody("gmail-export login")];
  const longest = Math.max(...accounts.map(({ email }) => email.length));
  return accounts.flatMap(({ email, authenticated, granted_at, service_account, warning }) => {
    const how = !authenticated ? "fail" : warning === undefined ? "ok" : "warn";
    const signedIn = granted_at === null ? w.signedIn : w.signedInSince(granted_at.slice(0, 10));
    const since = service_account === undefined ? signedIn : w.readBy(service_account);
    const line = `${sign(how, paint)} ${email.padEnd(longest)}  ${authenticated ? since : w.notSignedIn}`;
    return warning === undefined ? [line] : [line, ...wrap("  ", sentenceIn(w.language, warning), 2, columns)];
  });
}
