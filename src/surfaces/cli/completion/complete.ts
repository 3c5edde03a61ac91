import { Option, type Argument, type Command } from "commander";

import { FORMATS } from "../../../core/export/format.ts";

/** What may stand at the cursor: a word, and a hint for shells that show one. */
type Candidate = Readonly<{ word: string; hint: string }>;

/** Stands for every folder: the shell itself knows them best. */
const DIRECTORIES: Candidate = { word: ":directories", hint: "" };

type SignedIn = () => Promise<readonly string[]>;

/**
 * Candidates for the last of the words behind the program's name; it may be empty. All is read off the commands: choices
 * are theirs, and a placeholder says what it stands for (`<dir>`, `<email>`, `[command]`).
 */
export async function complete(
  program: Command,
  words: readonly string[],
  signedIn: SignedIn,
): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? "";
  const place = follow(program, words.slice(0, -1));
  const found = place ? await candidatesAt(place, typed, program, signedIn) : [];
  return found.filter((one) => one === DIRECTORIES || one.word.startsWith(typed));
}

/** Where the words so far lead. */
type Place = Readonly<{
  command: Command;
  /** The option whose value comes next. */
  awaiting: Option | undefined;
  /** How many arguments the command has already. */
  taken: number;
  /** Behind `--`, where nothing is an option. */
  isLiteral: boolean;
}>;

/** Undefined when the words make no sense. */
function follow(program: Command, words: readonly string[]): Place | undefined {
  let command = program;
  let awaiting: Option | undefined;
  let taken = 0;
  let isLiteral = false;
  for (const word of words) {
    const isOption = !isLiteral && word.startsWith("-");
    if (awaiting && !isOption) {
      if (!awaiting.variadic) awaiting = undefined;
    } else if (word === "--" && !isLiteral) {
      awaiting = undefined;
      isLiteral = true;
    } else if (isOption) {
      const option = optionNamed(word, command);
      awaiting = option && takesValue(option) ? option : undefined; // in `--name=value` no option is named so
    } else if (commandsOf(command).length > 0) {
      const named = commandsOf(command).find((one) => one.name() === word);
      if (!named) return undefined;
      command = named;
    } else taken += 1;
  }
  return { command, awaiting, taken, isLiteral };
}

async function candidatesAt(
  { command, awaiting, taken, isLiteral }: Place,
  typed: string,
  program: Command,
  signedIn: SignedIn,
): Promise<readonly Candidate[]> {
  if (!isLiteral && typed.startsWith("-")) {
    const equals = typed.indexOf("=");
    if (equals < 0) return optionsOf(command).map(({ long, description }) => ({ word: long ?? "", hint: description }));
    const before = typed.slice(0, equals + 1);
    const values = await valuesOf(
      optionNamed(typed.slice(0, equals), command),
      typed.slice(equals + 1),
      program,
      signedIn,
    );
    return values.map((one) => (one === DIRECTORIES ? one : bare(before + one.word)));
  }
  if (awaiting) return valuesOf(awaiting, typed, program, signedIn);
  if (commandsOf(command).length > 0) return commandCandidates(command);
  return valuesOf(command.registeredArguments[taken], typed, program, signedIn);
}

async function valuesOf(
  wanted: Argument | Option | undefined,
  typed: string,
  program: Command,
  signedIn: SignedIn,
): Promise<readonly Candidate[]> {
  if (wanted?.argChoices) return wanted.argChoices.map(bare);
  switch (wanted && placeholderOf(wanted)) {
    case "dir":
      return [DIRECTORIES];
    case "email":
      return (await signedIn()).map(bare);
    case "command":
      return commandCandidates(program);
    case "list":
      return formatLists(typed).map(bare);
    default:
      return [];
  }
}

/** What is typed of a list of formats, with each that may be the next. */
function formatLists(typed: string): readonly string[] {
  const before = typed.slice(0, typed.lastIndexOf(",") + 1);
  const named = before.split(",");
  return FORMATS.filter((format) => !named.includes(format)).map((format) => before + format);
}

const bare = (word: string): Candidate => ({ word, hint: "" });

function placeholderOf(wanted: Argument | Option): string | undefined {
  return wanted instanceof Option ? /[<[](\w+)/.exec(wanted.flags)?.[1] : wanted.name();
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function commandCandidates(program: Command): readonly Candidate[] {
  return commandsOf(program).map((one) => ({ word: one.name(), hint: one.description() }));
}

function commandsOf(program: Command): readonly Command[] {
  return program.createHelp().visibleCommands(program);
}

function optionsOf(command: Command): readonly Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}

function optionNamed(name: string, command: Command): Option | undefined {
  return optionsOf(command).find(({ short, long }) => name === short || name === long);
}
