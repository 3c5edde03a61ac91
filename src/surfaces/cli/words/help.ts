import { styleText } from "node:util";

import type { Command, Help } from "commander";

import { EXIT_WORDS } from "../exit-code.ts";
import { wrap } from "../terminal/signs.ts";

/** Commander takes the colours out where they are not wanted. */
const title = (text: string): string => styleText("bold", text, { validateStream: false });

/** How every help looks. */
export const HELP_STYLE: Partial<Help> = { showGlobalOptions: true, styleTitle: title };

/** Below a command's help: how it is used, and how it can end; and a line that somebody may look for. */
export function explain(
  command: Command,
  examples: readonly string[],
  endings: readonly (keyof typeof EXIT_WORDS)[],
  note?: string,
): Command {
  const lines = examples.map((example) => `  gmail-export ${example}`).join("\n");
  return command.addHelpText(
    "after",
    `\n${title("Examples:")}\n${lines}\n\n${note === undefined ? "" : `${note}\n\n`}${exitCodes(endings.map((ending) => EXIT_WORDS[ending]))}\nDocumentation: docs/cli.md`,
  );
}

const NO_BREAK = "\u00A0";

function exitCodes(words: readonly string[]): string {
  const whole = words.map((word) => word.replaceAll(" ", NO_BREAK)).join(" · ");
  return wrap(`${title("Exit codes:")} `, whole, "Exit codes: ".length, 80)
    .join("\n")
    .replaceAll(NO_BREAK, " ");
}

/** Below the help of the whole program. */
export const OVERVIEW = `
${title("First steps:")}
  gmail-export doctor                  what is missing, and what to do about it
  gmail-export login                   sign in with Google
  gmail-export export you@gmail.com    bring the mailbox to disk

  No Google project yet? gmail-export demo shows it all on a simulated mailbox.
  gmail-export <command> --help has examples of each command.

${exitCodes(Object.values(EXIT_WORDS))}
Settings come from the environment and .env (.env.example names them all).
GMAIL_RECORD_REFUSALS=<file> keeps what Google says when it refuses (docs/pacing.md).
Documentation: docs/cli.md`;
