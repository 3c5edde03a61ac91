import { Command, CommanderError, Option } from "commander";

import { failureOf } from "../../core/errors.ts";
import { viewOfFailure } from "../progress-view.ts";
import { failureIn, sentenceIn } from "../words/french.ts";
import { languageOf, LANGUAGES, type Language } from "../words/language.ts";
import { addConvertCommand } from "./commands/convert-command.ts";
import { addDomainCommands } from "./commands/domain-commands.ts";
import { addExportCommands } from "./commands/export-commands.ts";
import { addHistoryCommands } from "./commands/history-commands.ts";
import { addMachineCommands } from "./commands/machine-commands.ts";
import { addScheduleCommands } from "./commands/schedule-commands.ts";
import { addSignInCommands } from "./commands/sign-in-commands.ts";
import { addStateCommand } from "./commands/state-command.ts";
import { addCompletionCommand } from "./completion/completion-command.ts";
import type { Context, Ending, Entry } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { sign } from "./terminal/signs.ts";
import { named, namingCommands } from "./words/called-as.ts";
import { HELP_STYLE, OVERVIEW } from "./words/help.ts";
import { messagesIn, type Messages } from "./words/messages.ts";
import { headingsInFrench, translateHelp } from "./words/translate-help.ts";

/** Runs one command; resolves with the exit code. Ctrl-C aborts the signal. */
export async function runCommand(argv: readonly string[], entry: Entry, signal: AbortSignal): Promise<number> {
  const terminal = namingCommands(entry.terminal, entry.calledAs);
  const isFrench = languageIn(argv, entry.language) === "fr";
  const helped = (text: string): string =>
    named(isFrench ? headingsInFrench(text.trimEnd()) : text.trimEnd(), entry.calledAs);
  const complained = (line: string): string => sentenceIn(isFrench ? "fr" : "en", line);
  const program = new Command("gmail-export")
    .description("Every message out of a Gmail mailbox, exactly once, into JSON files, and provably so.")
    .version(entry.version)
    .option("--json", "print data as JSON")
    .addOption(
      new Option("--lang <language>", "what people are told, in this language (default: LC_ALL, LANG)").choices(
        LANGUAGES,
      ),
    )
    .exitOverride()
    .configureHelp(HELP_STYLE)
    .configureOutput({
      writeOut: (text) => terminal.data(...helped(text).split("\n")),
      writeErr: (text) => terminal.inform(...text.trimEnd().split("\n").map(complained)),
    })
    .showHelpAfterError("(gmail-export --help lists the commands)")
    .addHelpText("after", OVERVIEW);

  let code: number = EXIT.ok;
  const json = (): boolean => program.opts()["json"] === true;
  const messages = (): Messages => messagesIn(languageOf([program.opts()["lang"] ?? entry.language]));
  let ending: Ending = {
    failed: (failure) => terminal.data(JSON.stringify({ error: viewOfFailure(failure) })),
    stopped: () => terminal.inform(messages().stopped),
  };
  const context: Context = {
    ...entry,
    terminal,
    messages,
    signal,
    json,
    show(value, lines) {
      if (json()) terminal.data(JSON.stringify(value));
      else terminal.data(...lines.map((line) => named(line, entry.calledAs)));
    },
    exitWith: (given) => void (code = given),
    endWith: (given) => void (ending = given),
  };
  program.commandsGroup("Signing in:");
  addSignInCommands(program, context);
  program.commandsGroup("Exporting:");
  addExportCommands(program, context);
  addConvertCommand(program, context);
  addHistoryCommands(program, context);
  addDomainCommands(program, context);
  addScheduleCommands(program, context);
  program.commandsGroup("This machine:");
  addMachineCommands(program, context);
  addStateCommand(program, context);
  addCompletionCommand(program, context);

  if (isFrench) translateHelp(program);
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    code = failed(error);
  }
  const lost = await terminal.drained();
  if (lost === undefined) return code;
  terminal.inform(`${sign("fail", terminal.paint.people)} ${messages().unwritable(lost)}`);
  return EXIT.disk;

  function failed(error: unknown): number {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (signal.aborted) {
      ending.stopped();
      return EXIT.interrupted;
    }
    const failure = failureOf(error);
    if (!failure) throw error;
    if (json()) ending.failed(failure);
    const { message, next } = failureIn(messages().language, failure);
    terminal.inform(`${sign("fail", terminal.paint.people)} ${message}`, `  ${next} (${failure.code})`);
    return exitCodeOf(failure.code);
  }
}

/** Help is written while the command line is read: its language must be known before. */
function languageIn(argv: readonly string[], otherwise: Language): Language {
  const at = argv.findIndex((word) => word === "--lang" || word.startsWith("--lang="));
  if (at === -1) return otherwise;
  return languageOf([argv[at] === "--lang" ? (argv[at + 1] ?? "") : argv[at]!.slice("--lang=".length)]);
}
