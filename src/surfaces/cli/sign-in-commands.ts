import type { Command } from "commander";

import { account } from "./arguments.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { explain } from "./help.ts";
import { login } from "./login.ts";
import { sign } from "./signs.ts";
import { statusLines } from "./status.ts";
import { plural } from "./words.ts";

export function addSignInCommands(program: Command, context: Context): void {
  const { terminal, show, signal } = context;
  const { paint } = terminal;

  const loginCommand = program
    .command("login")
    .addArgument(account("[email]", "the account; any when left out"))
    .description("sign in with Google")
    .option("--no-browser", "print the address, and paste where the browser ends (for machines without one)")
    .action(async (email: string | undefined, options: { browser: boolean }) => {
      const signedIn = await login(await context.services(), email ?? "", options, signal);
      show({ email: signedIn, signed_in: true }, [`${sign("ok", paint.data)} Signed in as ${signedIn}.`]);
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
      const { revoked } = await (await context.services()).accounts.signOut(email, signal);
      const note = " Google could not be told: remove the access at https://myaccount.google.com/permissions";
      show({ email, signed_out: true, revoked_at_google: revoked }, [
        `${sign(revoked ? "ok" : "warn", paint.data)} Signed out ${email}.${revoked ? "" : note}`,
      ]);
    });
  explain(
    logoutCommand,
    ["logout ada@example.com", "logout ada@example.com --json | jq .revoked_at_google"],
    ["ok", "setup"],
  );

  const statusCommand = program
    .command("status")
    .addArgument(account("[email]", "one account; all when left out"))
    .description("who is signed in, and how each grant is")
    .action(async (email: string | undefined) => {
      const { accounts } = await context.services();
      const found = email === undefined ? await accounts.list() : [await accounts.status(email)];
      show(email === undefined ? found : found[0], statusLines(found, paint.data, terminal.columns()));
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
      const left =
        unopened === 0 ? "" : ` ${unopened} could not be opened and were left: sign in again as these accounts.`;
      show({ sealed_anew: sealedAnew, unopened }, [
        `${sign(unopened === 0 ? "ok" : "warn", paint.data)} Sealed ${plural(sealedAnew, "sign-in")} with the new key.${left}`,
      ]);
      if (unopened > 0) context.exitWith(EXIT.incomplete);
    });
  explain(rotateCommand, ["rotate-key", "rotate-key --json | jq .sealed_anew"], ["ok", "setup", "incomplete"]);
}
