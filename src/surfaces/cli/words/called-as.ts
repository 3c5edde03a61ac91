import type { Terminal } from "../terminal/terminal.ts";

/** A command of ours in a sentence, such as `gmail-export login`; not the name of the program alone, nor `npx gmail-export`. */
const COMMAND =
  /(?<!npx |[\w./-])gmail-export(?= (?:--|<command>|(?:login|logout|status|rotate-key|export|verify|convert|domain|records|log|schedule|doctor|serve|worker|state|key|demo|completion|help)\b))/g;

/**
 * How a person calls this program where it runs now: by its plain name where that is how it was called, through npx where
 * npm (npx, or a script of the repository) or a path was used. `path` is `process.argv[1]`.
 */
export function calledAs(path: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const isPlain = /(^|[\\/])gmail-export$/.test(path ?? "") && env["npm_command"] === undefined;
  return isPlain ? "gmail-export" : "npx gmail-export";
}

/** The same text with its commands as they are called here. */
export function named(text: string, name: string): string {
  return name === "gmail-export" ? text : text.replaceAll(COMMAND, name);
}

/** A terminal on which people read commands as they work here. Data stays as it is. */
export function namingCommands(terminal: Terminal, name: string): Terminal {
  return {
    ...terminal,
    inform: (...lines) => terminal.inform(...lines.map((line) => named(line, name))),
    hint: (text) => terminal.hint(named(text, name)),
  };
}
