import { below } from "./mutate.ts";

/** What may stand before the JSON in an input: a status, a file's name. */
const LONGEST_HEAD = 60;

type Random = () => number;

/** The input with one value of its JSON replaced, and still JSON: what a parser lets in. Undefined where it holds none. */
export function mutateJson(input: Buffer, random: Random): Buffer | undefined {
  const start = input.indexOf("{");
  if (start === -1 || start > LONGEST_HEAD) return undefined;
  const text = input.toString("utf8", start);
  try {
    let values = 0;
    JSON.parse(text, (_, value: unknown) => ((values += 1), value));
    let left = below(random, values);
    const changed: unknown = JSON.parse(text, (_, value: unknown) =>
      left-- === 0 ? replacement(value, random) : value,
    );
    return Buffer.concat([input.subarray(0, start), Buffer.from(JSON.stringify(changed) ?? "")]);
  } catch {
    return undefined; // no JSON any more, or deeper than the stack
  }
}

const NUMBERS = [0, -1, 1.5, 2 ** 53, 1e308, -1e308, 1e-300, 8.64e15 + 1];
const TEXTS = [
  "",
  "\0",
  "\ud800",
  "\u2028\n\u001b[2J",
  "__proto__",
  "../x",
  "é".repeat(50_000),
  "=?utf-8?Q?=FF?=",
  "1e999",
];

function replacement(value: unknown, random: Random): unknown {
  switch (below(random, 8)) {
    case 0:
      return null;
    case 1:
      return NUMBERS[below(random, NUMBERS.length)];
    case 2:
      return TEXTS[below(random, TEXTS.length)];
    case 3:
      return [value, value];
    case 4:
      return { toString: value, toJSON: value, length: -1 };
    case 5:
      return typeof value === "string" ? value + TEXTS[below(random, TEXTS.length)]! : [];
    case 6:
      return Array.from({ length: 1_000 }, () => value);
    default:
      return undefined; // left out
  }
}
