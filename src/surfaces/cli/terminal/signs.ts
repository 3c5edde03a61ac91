import type { Paint } from "./terminal.ts";

const SIGNS = {
  ok: ["green", "✓"],
  warn: ["yellow", "!"],
  fail: ["red", "✗"],
  skipped: ["dim", "–"],
} as const;

/** How something is, at a glance; the sign says it also where there are no colours. */
export function sign(how: keyof typeof SIGNS, paint: Paint): string {
  const [colour, text] = SIGNS[how];
  return paint(colour, text);
}

/** A text behind its head, broken between words so that it fits, every further line behind so many spaces; no columns: one line. */
export function wrap(head: string, text: string, indent: number, columns: number | undefined): string[] {
  const room = columns === undefined ? Infinity : columns - indent;
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= room) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => `${index === 0 ? head : " ".repeat(indent)}${line}`);
}
