/**
 * Characters that would reorder what stands around them (bidirectional embeddings, overrides and isolates) or cannot be
 * seen at all (controls, but tab and line ends). A sender may use them to look like somebody else.
 */
// oxlint-disable-next-line no-control-regex -- that is what it is about
const TREACHEROUS = /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** A text of a stranger for a line of the page: what could deceive the eye is replaced by U+FFFD. */
export function legible(text: string): string {
  return text.replaceAll(TREACHEROUS, "\u{fffd}");
}

/** A value as JSON to be read: the same characters are written as escapes, so it stays the same JSON. */
export function legibleJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replaceAll(
    TREACHEROUS,
    (character) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
