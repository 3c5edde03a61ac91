/** The languages that people are spoken to in. Data is always English. */
export const LANGUAGES = ["en", "fr"] as const;

export type Language = (typeof LANGUAGES)[number];

/** The first of these language tags (RFC 5646) that is spoken here; English where none is. */
export function languageOf(tags: readonly string[]): Language {
  const wanted = tags.map((tag) => tag.trim().slice(0, 2).toLowerCase());
  return wanted.flatMap((tag) => LANGUAGES.filter((known) => known === tag))[0] ?? "en";
}
