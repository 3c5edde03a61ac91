import type { Context } from "../context.ts";
import { named } from "../words/called-as.ts";
import type { Terminal } from "./terminal.ts";

/** Of the option that every command has which cron may run. */
export const QUIET = ["--quiet", "say nothing when all went well; else what is wrong, on stderr (for cron)"] as const;

/** Lines held back. A command's result has fewer; of events a program wants only the last. */
const MOST_LINES = 1_000;

/** Where a command says what came of it. */
export type Output = Readonly<{
  terminal: Terminal;
  /** Prints a value with --json, else lines. */
  show(value: unknown, lines: readonly string[]): void;
  /** Not all went well: what was held back is said after all. */
  complain(): void;
}>;

/**
 * As the command line speaks, or where it is to be quiet, as cron wants it: what passes is not said, and the result is
 * held back until it is known whether there is something wrong with it. Then people are told on stderr; a program, with
 * --json, on stdout as ever, by the last line.
 */
export function createOutput(context: Context, isQuiet: boolean): Output {
  if (!isQuiet) return { terminal: context.terminal, show: context.show, complain: () => {} };
  const held: string[] = [];
  const hold = (...lines: readonly string[]): void => {
    held.push(...lines);
    held.splice(0, held.length - (context.json() ? 1 : MOST_LINES));
  };
  const { people } = context.terminal.paint;
  const terminal: Terminal = {
    ...context.terminal,
    data: hold,
    row: (...cells) => hold(cells.join("\t")),
    inform: () => {},
    hint: () => {},
    live: () => {},
    settle: () => {},
    hasLiveLine: false,
    paint: { data: people, people },
  };
  return {
    terminal,
    show(value, lines) {
      if (context.json()) hold(JSON.stringify(value));
      else hold(...lines.map((line) => named(line, context.calledAs)));
    },
    complain() {
      if (context.json()) context.terminal.data(...held);
      else context.terminal.inform(...held);
    },
  };
}
