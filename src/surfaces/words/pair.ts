/** The names in braces of a sentence. */
type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

/** A sentence in English and in French, each with places in braces: `{account} is not signed in.` */
export type Pair = Readonly<{ english: string; french: string }>;

/** A place that only the French sentence has could not be filled: that does not compile. */
export function pair<const English extends string, const French extends string>(
  english: English,
  french: Names<French> extends Names<English> ? French : never,
): Pair {
  return { english, french };
}
