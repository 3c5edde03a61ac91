import type { Command } from "commander";

import { sameAccount } from "../../../core/account.ts";
import { ExportError } from "../../../core/errors.ts";
import { account } from "../arguments.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { sign } from "../terminal/signs.ts";
import { explain } from "../words/help.ts";
import { statusLines } from "../words/status-lines.ts";

export function addSignInCommands(program: Command, context: Context): void {
  const { terminal, show, signal, messages } = context;
  const { paint } = terminal;

  const loginCommand = program
    .command("login")
    .addArgument(account("[email]", "the account; any when left out"))
    .description("sign in with Google")
    .option("--no-browser", "print the address, and paste where the browser ends (for machines without one)")
    .action(async (email: string | undefined, options: { browser: boolean }) => {
      const { login } = await import("./login.ts"); // with it Node's own HTTP, and all that comes with that
      const signedIn = await login(
        { ...(await context.services()), messages: messages() },
        email ?? "",
        options,
        signal,
      );
      show({ email: signedIn, signed_in: true }, [`${sign("ok", paint.data)} ${messages().signedInAs(signedIn)}`]);
    });
  explain(
    loginCommand,
    ["login", "login ada@example.com", "login ada@example.com --no-browser   # over ssh: open the address elsewhere"],
    ["ok", "setup", "signIn"],
  );

  const logoutCommand = program
    .command("logout")
    .addArgument(account("<email>", "the account"))
    .description("revoke the grant at Google, then forget it")
    .action(async (email: string) => {
      const { accounts } = await context.services();
      const stored = await context.signedIn().catch(() => []);
      const status = await accounts.status(email);
      const isSignedIn = status.authenticated && status.service_account === undefined;
      if (!isSignedIn && status.granted_at === null && !stored.some((one) => sameAccount(one, email)))
        throw notSignedIn(email, stored);
      const { revoked } = await accounts.signOut(email, signal);
      show({ email, signed_out: true, revoked_at_google: revoked }, [
        `${sign(revoked ? "ok" : "warn", paint.data)} ${messages().signedOut(email)}${revoked ? "" : messages().notRevoked}`,
      ]);
    });
  explain(
    logoutCommand,
    ["logout ada@example.com", "logout ada@example.com --json | jq .revoked_at_google"],
    ["ok", "setup", "signIn"],
  );

  const statusCommand = program
    .command("status")
    .addArgument(account("[email]", "one account; all when left out"))
    .description("who is signed in, and how each grant is")
    .action(async (email: string | undefined) => {
      const { accounts } = await context.services();
      const found = email === undefined ? await accounts.list() : [await accounts.status(email)];
      show(email === undefined ? found : found[0], statusLines(found, paint.data, terminal.columns(), messages()));
      if (email !== undefined && found[0]?.authenticated !== true) context.exitWith(EXIT.signIn);
    });
  explain(
    statusCommand,
    ["status", "status ada@example.com || gmail-export login ada@example.com", "status --json | jq -r '.[].email'"],
    ["ok", "setup", "signIn"],
  );

  const rotateCommand = program
    .command("rotate-key")
    .description("seal the stored sign-ins with a new key; a running server goes on meanwhile")
    .action(async () => {
      const { sealedAnew, unopened } = await (await context.services()).rotateKey(context.signal);
      const left = unopened === 0 ? "" : messages().unopened(unopened);
      show({ sealed_anew: sealedAnew, unopened }, [
        `${sign(unopened === 0 ? "ok" : "warn", paint.data)} ${messages().sealed(sealedAnew)}${left}`,
      ]);
      if (unopened > 0) context.exitWith(EXIT.incomplete);
    });
  explain(rotateCommand, ["rotate-key", "rotate-key --json | jq .sealed_anew"], ["ok", "setup", "incomplete"]);
}

/** Signing out somebody who is not signed in is most often a slip in the address: who is signed in is named. */
function notSignedIn(email: string, signedIn: readonly string[]): ExportError {
  const isNobody = signedIn.length === 0;
  return new ExportError({
    code: "not_signed_in",
    retry: "sign_in",
    message: isNobody
      ? `${email} is not signed in; nobody is.`
      : `${email} is not signed in. Signed in: ${signedIn.join(", ")}.`,
    next: isNobody ? "There is nothing to sign out." : "Name one of these, or leave it as it is.",
  });
}
