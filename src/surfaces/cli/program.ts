import { Command, CommanderError } from "commander";

import { failureOf } from "../../core/errors.ts";
import { viewOfFailure } from "../progress-view.ts";
import { addCompletionCommand } from "./completion-command.ts";
import type { Context, Ending, Entry } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { addExportCommands } from "./export-commands.ts";
import { HELP_STYLE, OVERVIEW } from "./help.ts";
import { addMachineCommands } from "./machine-commands.ts";
import { addSignInCommands } from "./sign-in-commands.ts";
import { sign } from "./signs.ts";

/** Runs one command; resolves with the exit code. Ctrl-C aborts the signal. */
export async function runCommand(argv: readonly string[], entry: Entry, signal: AbortSignal): Promise<number> {
  const { terminal } = entry;
  const program = new Command("gmail-export")
    .description("Every message out of a Gmail mailbox, exactly once, into JSON files, and provably so.")
    .version(entry.version)
    .option("--json", "print data as JSON")
    .exitOverride()
    .configureHelp(HELP_STYLE)
    .configureOutput({
      writeOut: (text) => terminal.data(...text.trimEnd().split("\n")),
      writeErr: (text) => terminal.say(...text.trimEnd().split("\n")),
    })
    .showHelpAfterError("(gmail-export --help lists the commands)")
    .addHelpText("after", OVERVIEW);

  let code: number = EXIT.ok;
  const json = (): boolean => program.opts()["json"] === true;
  let ending: Ending = {
    failed: (failure) => terminal.data(JSON.stringify({ error: viewOfFailure(failure) })),
    stopped: () => terminal.say("Stopped."),
  };
  const context: Context = {
    ...entry,
    signal,
    json,
    show(value, lines) {
      if (json()) terminal.data(JSON.stringify(value));
      else terminal.data(...lines);
    },
    exitWith: (given) => void (code = given),
    endWith: (given) => void (ending = given),
  };
  program.commandsGroup("Signing in:");
  addSignInCommands(program, context);
  program.commandsGroup("Exporting:");
  addExportCommands(program, context);
  program.commandsGroup("This machine:");
  addMachineCommands(program, context);
  addCompletionCommand(program, context);

  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    code = failed(error);
  }
  const lost = await terminal.drained();
  if (lost === undefined) return code;
  terminal.say(`${sign("fail", terminal.paint.said)} What belongs on stdout could not be written there (${lost}).`);
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
    terminal.say(`${sign("fail", terminal.paint.said)} ${failure.message}`, `  ${failure.next} (${failure.code})`);
    return exitCodeOf(failure.code);
  }
}
