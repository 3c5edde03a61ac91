import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";

import { createLogUpdate } from "log-update";

/** Where the command line speaks: data on stdout, words for people on stderr. */
export type Terminal = Readonly<{
  /** One line of data. */
  data(text: string): void;
  /** A word of the data in colour, where stdout is a terminal that wants it (NO_COLOR, https://no-color.org). */
  paint(colour: "green" | "yellow" | "red" | "dim", text: string): string;
  /** One line for a person. */
  say(text: string): void;
  /** The same for who watches; nothing goes to a log or a pipe. */
  hint(text: string): void;
  /** Replaces the live line; where stderr is no terminal, nothing (`pulse` speaks there). */
  live(text: string): void;
  /** A line for logs and pipes, where nobody watches a live one. */
  pulse(text: string): void;
  /** Leaves the live line standing. */
  settle(): void;
  /** Asks for a line on stdin; undefined when stdin ends. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
}>;

export function terminal(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
  const update = createLogUpdate(stderr, { showCursor: true });
  const watched = stderr.isTTY && stderr.columns > 0; // some pseudo-terminals have no size, and show no live line
  const say = (text: string): void => {
    if (watched) update.done();
    stderr.write(`${text}\n`);
  };
  return {
    data: (text) => void stdout.write(`${text}\n`),
    paint: (colour, text) => styleText(colour, text, { stream: stdout }),
    say,
    hint: (text) => {
      if (watched) say(text);
    },
    live: (text) => {
      if (watched) update(text);
    },
    pulse: (text) => {
      if (!watched) stderr.write(`${text}\n`);
    },
    settle: () => {
      if (watched) update.done();
    },
    async ask(question, signal) {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        const ended = new Promise<undefined>((resolve) => lines.once("close", () => resolve(undefined)));
        return await Promise.race([lines.question(question, { signal }), ended]);
      } finally {
        lines.close();
      }
    },
  };
}
