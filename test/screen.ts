/** What a person sees in a terminal of so many columns: enough of one (ECMA-48) for lines that change in place. */
export type Screen = Readonly<{
  write(output: string): void;
  resize(columns: number): void;
  /** From top to bottom, without the blanks at their ends and without the empty ones at the end. */
  lines(): readonly string[];
  /** How often a line had no room and went on in the next. */
  wraps(): number;
}>;

const ESCAPE = "\u001B";

export function screen(width: number): Screen {
  let columns = width;
  let rows: string[] = [];
  let row = 0;
  let column = 0;
  let wraps = 0;
  let unfinished = ""; // a control sequence whose end is still to come

  const line = (): string => rows[row] ?? "";
  const put = (character: string): void => {
    if (column === columns) {
      wraps += 1;
      row += 1;
      column = 0;
    }
    rows[row] = line().slice(0, column).padEnd(column) + character + line().slice(column + 1);
    column += 1;
  };
  const control = (argument: string, command: string): void => {
    const count = Number(argument || 1);
    if (command === "A") row = Math.max(0, row - count);
    else if (command === "B") row += count;
    else if (command === "G") column = count - 1;
    else if (command === "K") rows[row] = argument === "2" ? "" : line().slice(0, column);
    else if (command === "J") rows = [...rows.slice(0, row), line().slice(0, column)];
    else if (!"mhl".includes(command)) throw new Error(`this screen knows no CSI ${argument}${command}`);
  };
  const show = (text: string): void => {
    for (const character of text) {
      if (character === "\r") column = 0;
      else if (character === "\n") row += 1;
      else if (character === "\b") column = Math.max(0, column - 1);
      else if (character >= " ") put(character);
    }
  };

  return {
    write(output) {
      const [text = "", ...sequences] = (unfinished + output).split(ESCAPE);
      unfinished = "";
      show(text);
      for (const [i, sequence] of sequences.entries()) {
        const [, argument, command, rest] = /^\[([\d;?]*)([A-Za-z])([^]*)$/.exec(sequence) ?? [];
        if (command === undefined && i === sequences.length - 1) unfinished = ESCAPE + sequence;
        if (command === undefined) continue;
        control(argument ?? "", command);
        show(rest ?? "");
      }
    },
    resize: (wanted) => void (columns = wanted),
    lines: () =>
      Array.from(rows, (one) => (one ?? "").trimEnd())
        .join("\n")
        .trimEnd()
        .split("\n"),
    wraps: () => wraps,
  };
}
