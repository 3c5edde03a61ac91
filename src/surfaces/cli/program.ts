import { Command, CommanderError, InvalidArgumentError } from "commander";

import { failureOf } from "../../core/errors.ts";
import type { GrantStatus } from "../../core/grant.ts";
import type { Finding } from "../../pipeline/doctor/finding.ts";
import { verify } from "../../pipeline/verify.ts";
import { findingLines } from "./doctor.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { exportHere } from "./export.ts";
import { newKey } from "./key.ts";
import { login } from "./login.ts";
import type { Services } from "./services.ts";
import type { Terminal } from "./terminal.ts";
import { estimateLines, manifestLines, plural, verdictLines } from "./words.ts";

/** What the program is given; services are made only when a command needs them, so that --help works everywhere. */
export type Entry = Readonly<{
  version: string;
  terminal: Terminal;
  services(): Promise<Services>;
  /** Works with whatever is wrong; all accounts when none is named. */
  doctor(account: string | undefined, signal: AbortSignal): Promise<readonly Finding[]>;
  /** Runs the server until the signal aborts. */
  serve(port: number | undefined): Promise<void>;
  demo(messages: number): Promise<void>;
}>;

/** Runs one command; resolves with the exit code. Ctrl-C aborts the signal. */
export async function runCommand(argv: readonly string[], entry: Entry, signal: AbortSignal): Promise<number> {
  const { terminal } = entry;
  let code: number = EXIT.ok;
  const program = new Command("gmail-export")
    .description("Every message out of a Gmail mailbox, exactly once, into JSON files, and provably so.")
    .version(entry.version)
    .option("--json", "print data as JSON")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.data(text.trimEnd()),
      writeErr: (text) => terminal.say(text.trimEnd()),
    })
    .showHelpAfterError("(gmail-export --help lists the commands)")
    .addHelpText("after", HELP);
  const json = (): boolean => program.opts()["json"] === true;
  const show = (value: unknown, lines: readonly string[]): void => {
    if (json()) terminal.data(JSON.stringify(value));
    else for (const line of lines) terminal.data(line);
  };

  program
    .command("login")
    .argument("[email]", "the account; any when left out", address)
    .description("sign in with Google")
    .option("--no-browser", "print the address, and paste where the browser ends (for machines without one)")
    .action(async (email: string | undefined, options: { browser: boolean }) => {
      const account = await login(await entry.services(), email ?? "", options, signal);
      show({ email: account, signed_in: true }, [`Signed in as ${account}.`]);
    });

  program
    .command("logout")
    .argument("<email>", "the account", address)
    .description("revoke the grant at Google, then forget it")
    .action(async (email: string) => {
      const { revoked } = await (await entry.services()).accounts.signOut(email, signal);
      const note = revoked
        ? ""
        : " Google could not be told: remove the access at https://myaccount.google.com/permissions";
      show({ email, signed_out: true, revoked_at_google: revoked }, [`Signed out ${email}.${note}`]);
    });

  program
    .command("status")
    .argument("[email]", "one account; all when left out", address)
    .description("who is signed in, and how each grant is")
    .action(async (email: string | undefined) => {
      const { accounts } = await entry.services();
      const found = email === undefined ? await accounts.list() : [await accounts.status(email)];
      const nobody = found.length === 0 ? ["Nobody is signed in: gmail-export login"] : [];
      show(email === undefined ? found : found[0], [...nobody, ...found.map(statusLine)]);
      if (email !== undefined && found[0]?.authenticated !== true) code = EXIT.signIn;
    });

  program
    .command("export")
    .argument("<email>", "the account", address)
    .description("bring a mailbox to disk; the same command goes on where it stopped, and brings what is new")
    .option("--max-emails <n>", "only the newest n messages", atLeastOne)
    .option("--output-dir <dir>", "where to (default: EXPORT_DIR/<email>)")
    .option("--batch-size <n>", "messages a file", atLeastOne, 5_000)
    .option("--query <q>", "only what a Gmail search finds", "")
    .option("--label <id...>", "only messages with all these label ids", [])
    .option("--include-spam-trash", "spam and trash too", false)
    .option("--dry-run", "only list, and say what it would cost (5 quota units per 500 messages)", false)
    .action(async (email: string, options: ExportOptions) => {
      const services = await entry.services();
      const directory = await services.chooseDirectory(email, options.outputDir);
      const filter = { query: options.query, labels: options.label, includeSpamTrash: options.includeSpamTrash };
      const { maxEmails = null, batchSize } = options;
      const request = { account: email, directory, maxEmails, batchSize, filter };
      if (options.dryRun) {
        const estimate = await services.estimate(request, signal);
        return show(estimate, estimateLines(estimate));
      }
      const manifest = await exportHere(services, request, signal);
      show({ directory, ...manifest }, manifestLines(directory, manifest));
      if (!manifest.complete) code = EXIT.incomplete;
    });

  program
    .command("verify")
    .argument("<dir>", "an export directory")
    .description("hold an export against its manifest")
    .option("--online", "and against a fresh listing of the mailbox (5 quota units per 500 messages)", false)
    .action(async (directory: string, options: { online: boolean }) => {
      const { readDirectory, mailbox } = await entry.services();
      const account = options.online ? (await readDirectory.manifest(directory))?.email : undefined;
      const verdict = await verify(
        directory,
        readDirectory,
        signal,
        account === undefined ? undefined : await mailbox(account),
      );
      show(verdict, verdictLines(verdict, options.online));
      if (!verdict.sound) code = EXIT.unsound;
      else if (!verdict.manifest.complete) code = EXIT.incomplete;
    });

  program
    .command("doctor")
    .argument("[email]", "one account; all that are signed in when left out", address)
    .description("look for what stands in the way of an export, and say what to do (1 quota unit an account)")
    .action(async (email: string | undefined) => {
      const findings = await entry.doctor(email, signal);
      show(findings, findingLines(findings, terminal.paint));
      if (findings.some(({ status }) => status === "fail")) code = EXIT.setup;
    });

  program
    .command("rotate-key")
    .description("seal the stored sign-ins with a new key; a running server goes on meanwhile")
    .action(async () => {
      const { sealedAnew, unopened } = await (await entry.services()).rotateKey();
      const left =
        unopened === 0 ? "" : ` ${unopened} could not be opened and were left: sign in again as these accounts.`;
      show({ sealed_anew: sealedAnew, unopened }, [`Sealed ${plural(sealedAnew, "sign-in")} with the new key.${left}`]);
      if (unopened > 0) code = EXIT.incomplete;
    });

  program
    .command("serve")
    .description("run the HTTP server and its background exports")
    .option("--port <n>", "instead of PORT", portNumber)
    .action((options: { port?: number }) => entry.serve(options.port));

  program
    .command("key")
    .description("make a new API_KEY; it is printed, and kept nowhere")
    .action(() => {
      const key = newKey(terminal);
      show({ key }, [key]);
    });

  program
    .command("demo")
    .description("export a simulated mailbox through the real server, and verify it; nothing leaves this machine")
    .option("--messages <n>", "size of the mailbox", atLeastOne, 2_000)
    .action((options: { messages: number }) => entry.demo(options.messages));

  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    terminal.settle();
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (signal.aborted) {
      terminal.say("Stopped. Everything fetched so far is on disk; the same command goes on from there.");
      return EXIT.interrupted;
    }
    const failure = failureOf(error);
    if (!failure) throw error;
    if (json())
      terminal.data(JSON.stringify({ error: { code: failure.code, message: failure.message, next: failure.next } }));
    terminal.say(`${failure.message}\n${failure.next} (${failure.code})`);
    return exitCodeOf(failure.code);
  }
}

type ExportOptions = Readonly<{
  maxEmails?: number;
  outputDir?: string;
  batchSize: number;
  query: string;
  label: string[];
  includeSpamTrash: boolean;
  dryRun: boolean;
}>;

function address(text: string): string {
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return text;
  throw new InvalidArgumentError("It is not an e-mail address.");
}

function atLeastOne(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It must be a whole number, 1 or more.");
}

function portNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
  throw new InvalidArgumentError("It must be a port: 1 to 65535.");
}

function statusLine({ email, authenticated, granted_at, warning }: GrantStatus): string {
  const since = granted_at === null ? "" : ` since ${granted_at.slice(0, 10)}`;
  return `${email}: ${authenticated ? `signed in${since}` : "not signed in"}${warning === undefined ? "" : ` (${warning})`}`;
}

const HELP = `
Examples:
  gmail-export doctor
  gmail-export login
  gmail-export export ada@example.com --max-emails 1000
  gmail-export verify data/ada@example.com --online
  gmail-export --json status

Exit codes: 0 done · 1 defect · 2 usage · 3 set-up · 4 sign-in needed · 5 not complete · 6 Google or network ·
7 disk · 8 directory · 9 verify found differences · 130 stopped with Ctrl-C
Settings come from the environment and .env: see .env.example.`;
