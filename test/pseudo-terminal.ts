import { stripVTControlCharacters } from "node:util";

import { spawn } from "@lydell/node-pty";

import { type Settings } from "./product.ts";
import { screen } from "./screen.ts";
import { neverHappened, within } from "./wait.ts";

export const CTRL_C = "\u0003";
export const CTRL_U = "\u0015";

/** A program in a terminal, and a person in front of it. */
export type PseudoTerminal = Disposable &
  Readonly<{
    /** All that came, control codes included. */
    output(): string;
    /** What stands there. */
    lines(): readonly string[];
    /** Every state of the live line that was drawn, without colours. */
    drawn(): readonly string[];
    wraps(): number;
    /** Resolves once what stands there has it, however shortly; never, once the program has ended without. */
    shows(pattern: RegExp): Promise<RegExpExecArray>;
    type(keys: string): void;
    resize(columns: number): void;
    /** Closes the window. */
    close(): void;
    /** Resolves with the exit code. */
    ended: Promise<number>;
  }>;

export function pseudoTerminal(
  file: string,
  args: readonly string[],
  { cwd, env, columns = 80 }: Readonly<{ cwd: string; env: Settings; columns?: number }>,
): PseudoTerminal {
  const shown = screen(columns);
  let output = "";
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  const name = env["TERM"] ?? "xterm-256color";
  const pty = spawn(file, [...args], { name, cols: columns, rows: 24, cwd, env: { ...env } });
  pty.onData((data) => {
    output += data;
    shown.write(data);
    tell();
  });
  let isOver = false;
  const ended = new Promise<number>((resolve) =>
    pty.onExit(({ exitCode }) => {
      isOver = true;
      tell();
      resolve(exitCode);
    }),
  );
  return {
    output: () => output,
    lines: shown.lines,
    // log-update draws between these marks (synchronized output), each time all of the line.
    drawn: () =>
      output
        .split("\u001B[?2026h")
        .slice(1)
        .map((frame) => stripVTControlCharacters(frame.split("\u001B[?2026l")[0]!).trim()),
    wraps: shown.wraps,
    async shows(pattern) {
      const { promise, resolve } = Promise.withResolvers<RegExpExecArray | undefined>();
      const look = (): void => {
        const match = pattern.exec(shown.lines().join("\n"));
        if (match !== null || isOver) resolve(match ?? undefined);
      };
      listeners.add(look);
      look();
      const match = await within(promise);
      listeners.delete(look);
      if (match) return match;
      const how = isOver ? "ended" : "waited";
      throw new Error(neverHappened(`${args.join(" ")} ${how} without showing ${pattern.source}`, output));
    },
    type: (keys) => pty.write(keys),
    resize(wanted) {
      shown.resize(wanted);
      pty.resize(wanted, 24);
    },
    close: () => pty.kill("SIGHUP"),
    ended,
    [Symbol.dispose]() {
      if (!isOver) pty.kill("SIGKILL");
    },
  };
}
