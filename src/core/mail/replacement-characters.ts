const REPLACEMENT = "\uFFFD";

/** How many U+FFFD a text holds: each stands for something that could not be decoded. */
export function countReplacementCharacters(text: string): number {
  let count = 0;
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, at + 1)) count += 1;
  return count;
}
