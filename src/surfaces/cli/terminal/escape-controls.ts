/**
 * What a terminal obeys instead of showing, or what makes it show a line as another: controls (ECMA-48; Cc of Unicode),
 * marks that turn the direction of writing (UAX #9), and other ends of lines. Names of files, ids and what strangers
 * answered may hold any of it.
 */
const TREACHEROUS = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The colours and weights that this program itself puts into its lines; none of them hides anything. */
const COLOUR = /(\x1b\[(?:1|2|4|22|24|31|32|33|39)m)/; // oxlint-disable-line no-control-regex -- that is what it is about

/** A line as it may be shown: `\u001b` in place of the escape. Inside of JSON's strings it stays the same JSON. */
export function escapeControls(line: string, isColoured: boolean): string {
  if (!isColoured) return escaped(line);
  return line
    .split(COLOUR)
    .map((piece, index) => (index % 2 === 1 ? piece : escaped(piece)))
    .join("");
}

function escaped(text: string): string {
  return text.replaceAll(
    TREACHEROUS,
    (character) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
