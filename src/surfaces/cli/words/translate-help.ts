import type { Command } from "commander";

import { HELP_HEADINGS, HELP_SENTENCES } from "../../words/commands.fr.ts";

const FRENCH = new Map(HELP_SENTENCES.map(({ english, french }) => [english, french]));

/** What help says in French of a command, an option or an argument; the same text where that is not known. */
function helpInFrench(text: string): string {
  return FRENCH.get(text) ?? text;
}

/** Puts the help of a program and all its commands into French. */
export function translateHelp(program: Command): void {
  const help = helpInFrench("display help for command");
  for (const command of allCommands(program)) {
    command.description(helpInFrench(command.description()));
    command.helpOption("-h, --help", help);
    if (command.commands.length > 0) command.helpCommand("help [command]", help);
    for (const described of [...command.options, ...command.registeredArguments])
      described.description = helpInFrench(described.description);
  }
}

/** A command with those below it. */
function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

/** Written help with its headings, and the words of its exit codes, in French. */
export function headingsInFrench(help: string): string {
  let text = help;
  for (const [english, french] of Object.entries(HELP_HEADINGS)) text = text.replaceAll(english, french);
  return text;
}
