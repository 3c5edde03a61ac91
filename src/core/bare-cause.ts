/**
 * What may be kept of an error from below: its system code, or else its name. The rest is printed with whoever carries
 * it, and requests hold codes, tokens and secrets, parsers quote what they could not read, paths hold addresses.
 */
export function bareCause(error: unknown): Error {
  return new Error(codeOf(error));
}

/** `ENOENT`, `ECONNREFUSED`, …; the error's class where there is no code. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
