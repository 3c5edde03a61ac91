import { LANGUAGES, languageOf, type Language } from "../words/language.ts";
import { remembered } from "./remembered.ts";

export const language = remembered<Language>("language", LANGUAGES, languageOf(navigator.languages));

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
