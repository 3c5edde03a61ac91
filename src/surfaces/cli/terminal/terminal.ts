import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";

import { escapeControls } from "./escape-controls.ts";

/** A word in colour, where its stream is a terminal that wants it (NO_COLOR, FORCE_COLOR, TERM=dumb); else as it is. */
export type Paint = (colour: "green" | "yellow" | "red" | "dim", text: string) => string;

/**
 * Where the command line speaks: data on stdout, words for people on stderr. Whatever a line holds, it is one line and
 * does nothing to the terminal (escape-controls.ts): no command needs to think of it.
 */
export type Terminal = Readonly<{
  /** Lines of data. */
  data(...lines: readonly string[]): void;
  /**
   * Lines of data in whatever number, each ended by a newline: resolves when stdout takes more, with false when nobody
   * reads it any more. Only a terminal gets them escaped; all else gets these bytes.
   */
  send(lines: Uint8Array, signal: AbortSignal): Promise<boolean>;
  /** One line of data in columns, with a tab between them. */
  row(...cells: readonly string[]): void;
  /** Lines for a person. */
  inform(...lines: readonly string[]): void;
  /** A line for a person who is watching: nothing where stderr is a file or a pipe. */
  hint(text: string): void;
  paint: Readonly<{ data: Paint; people: Paint }>;
  /** Of stdout; undefined where it is a file or a pipe. */
  columns(): number | undefined;
  /** Whether a line of stderr can change in place. */
  hasLiveLine: boolean;
  /** Replaces the live line, where there can be one. It never wraps: `line` is given the columns that it may fill. */
  live(line: (columns: number) => string): void;
  /** Leaves the live line standing. */
  settle(): void;
  /** Asks for a line on stdin; undefined when stdin ends. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** Resolves when stdout has taken all data: with the system's error code when it could not, as on a full disk. */
  drained(): Promise<string | undefined>;
}>;

/** A terminal, a file or a pipe. */
type Output = NodeJS.WritableStream & Readonly<{ isTTY?: boolean; columns?: number }>;

/** `kind` is TERM. */
export async function terminal(
  stdin: NodeJS.ReadableStream,
  stdout: Output,
  stderr: Output,
  kind: string | undefined,
): Promise<Terminal> {
  const data = writer(stdout);
  const said = writer(stderr);
  // Some pseudo-terminals have no size, and a dumb terminal cannot go back in its line.
  const hasLiveLine = widthOf(stderr) !== undefined && kind !== "dumb";
  const update = hasLiveLine ? await liveLineOn(stderr) : undefined;
  const paintOn =
    (stream: Output): Paint =>
    (colour, text) =>
      styleText(colour, text, { stream });
  const [isDataColoured, isSaidColoured] = [stdout, stderr].map((stream) => paintOn(stream)("dim", "x") !== "x");
  const shown = (text: string): string => escapeControls(text, isSaidColoured === true);
  const dataShown = (text: string): string => escapeControls(text, isDataColoured === true);
  const inform = (...lines: readonly string[]): void => {
    if (said.isOpen()) update?.clear();
    for (const line of lines) said.write(`${shown(line)}\n`);
  };
  return {
    data: (...lines) => {
      for (const line of lines) data.write(`${dataShown(line)}\n`);
    },
    send(lines, signal) {
      if (widthOf(stdout) === undefined) return data.send(lines, signal);
      const text = Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString();
      return data.send(text.split("\n").map(dataShown).join("\n"), signal);
    },
    row: (...cells) => data.write(`${cells.map(dataShown).join("\t")}\n`),
    inform,
    hint: (text) => {
      if (hasLiveLine) inform(text);
    },
    paint: { data: paintOn(stdout), people: paintOn(stderr) },
    columns: () => widthOf(stdout),
    hasLiveLine,
    live: (line) => {
      const columns = widthOf(stderr);
      if (columns !== undefined && said.isOpen()) update?.(shown(line(columns - 1))); // some wrap at the last one
    },
    settle: () => update?.done(),
    async ask(question, signal) {
      const lines = createInterface({ input: stdin, output: stderr });
      // While it reads, a terminal hands Ctrl-C over as a key.
      lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
      try {
        const ended = new Promise<undefined>((resolve) => lines.once("close", () => resolve(undefined)));
        return await Promise.race([lines.question(question, { signal }), ended]);
      } finally {
        lines.close();
      }
    },
    drained: () => data.drained(),
  };
}

/** Loaded where there is one: knowing how wide characters are is a tenth of a command's start. */
async function liveLineOn(stderr: Output) {
  const { createLogUpdate } = await import("log-update");
  return createLogUpdate(stderr, { showCursor: true });
}

function widthOf({ isTTY, columns = 0 }: Output): number | undefined {
  return isTTY && columns > 0 ? columns : undefined;
}

/** Nobody reads any more: `| head` has seen enough (EPIPE), or the terminal was closed (EIO). What runs goes on. */
const READER_GONE: ReadonlySet<string> = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"]);

/** Writes for as long as the stream takes it; a stream that breaks ends neither the program nor an export. */
function writer(stream: Output) {
  let broken: string | undefined;
  stream.on("error", (error: NodeJS.ErrnoException) => (broken ??= error.code ?? "unknown"));
  /** Resolves when all that was written is gone, or never will be, or nobody waits for it any more. */
  const untilTaken = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener("abort", end);
        stream.off("close", end);
        resolve();
      };
      signal.addEventListener("abort", end);
      stream.on("close", end); // some streams call nobody back then
      stream.write("", end);
    });
  return {
    isOpen: () => broken === undefined,
    write(text: string): void {
      if (broken === undefined) stream.write(text);
    },
    async send(content: string | Uint8Array, signal: AbortSignal): Promise<boolean> {
      signal.throwIfAborted();
      if (broken === undefined && !stream.write(content)) await untilTaken(signal);
      signal.throwIfAborted();
      return broken === undefined;
    },
    async drained(): Promise<string | undefined> {
      if (broken === undefined) await new Promise<void>((resolve) => stream.write("", () => resolve()));
      return broken === undefined || READER_GONE.has(broken) ? undefined : broken;
    },
  };
}
