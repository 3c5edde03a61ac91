import { remembered } from "./remembered.ts";

export const LANGUAGES = ["en", "fr"] as const;

export type Language = (typeof LANGUAGES)[number];

export const language = remembered<Language>("language", LANGUAGES, preferred());

/** The first language of the browser that the console speaks. */
function preferred(): Language {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.flatMap((tag) => LANGUAGES.filter((known) => known === tag))[0] ?? "en";
}

/** Readers and hyphenation go by the page's language. */
export function followLanguage(): void {
  language.subscribe((chosen) => {
    document.documentElement.lang = chosen;
  });
}

/** Words in both languages, side by side; what is missing in one does not compile. Read them in a component: `const w = words()`. */
export function inBoth<Words>(words: { en: Words; fr: NoInfer<Words> }): () => Words {
  return () => words[language.value];
}
