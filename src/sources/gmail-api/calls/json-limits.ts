/**
 * Whether JSON may be parsed: what an answer costs in memory and time is told by its values, not by its bytes. A list in a
 * list takes two bytes and a hundred times as much once it is parsed, while a string takes what it is. So the values are
 * counted, and how deep they stand, before anything is made of them; strings are skipped as a whole.
 */

/** A message of 100,000 parts has fewer. */
const MOST_VALUES = 1_500_000;

/** Lists and objects within each other; a part within a part is two. */
const DEEPEST = 250_000;

/** Bytes outside of strings, and quotes: what is looked at one by one. Gmail is asked for JSON without spaces. */
const MOST_STEPS = 8_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENS: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSES: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * False of what would take longer, or more memory, than any answer of Gmail's. Does not tell whether it is JSON. `onString`
 * is told where each string begins and ends, without its quotes.
 */
export function mayBeParsed(json: Buffer, onString?: (start: number, end: number) => void): boolean {
  let values = 1;
  let depth = 0;
  let steps = 0;
  for (let at = 0; at < json.length; at += 1) {
    if ((steps += 1) > MOST_STEPS) return false;
    const byte = json[at]!;
    if (byte === QUOTE) {
      const start = at + 1;
      for (at = json.indexOf(QUOTE, start); isEscaped(json, at); at = json.indexOf(QUOTE, at + 1))
        if ((steps += 10) > MOST_STEPS) return false;
      if (at === -1) return true; // the parser refuses it
      onString?.(start, at);
    } else if (byte === COMMA) values += 1;
    else if (OPENS.has(byte)) {
      values += 1;
      depth += 1;
    } else if (CLOSES.has(byte)) depth -= 1;
    if (values > MOST_VALUES || depth > DEEPEST) return false;
  }
  return true;
}

/** Whether a quote is within its string: behind an odd number of backslashes. */
function isEscaped(json: Buffer, quote: number): boolean {
  if (quote === -1) return false;
  let at = quote - 1;
  while (json[at] === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 0;
}
