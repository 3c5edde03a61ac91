import type { CallbackQuery } from "../../../core/ports/accounts.ts";

/**
 * The answer of Google in what a person pasted: the address where the browser ended, in quotes or in `<>` as terminals and
 * mail programs put it (curly ones, and `&amp;`, too), without its scheme as browsers show it, or from its `?` on.
 * Undefined where there is none.
 */
export function readPastedAddress(line: string): CallbackQuery | undefined {
  const address = line.replaceAll("&amp;", "&").replace(/^[\s"'`<([“‘«„]+|[\s"'`>)\]”’»“,;]+$/gu, "");
  const [query = ""] = address.slice(address.indexOf("?") + 1).split("#");
  const fields = new URLSearchParams(query);
  return fields.has("state") ? answerIn(fields) : undefined;
}

/** The query of an address where the browser came back. */
export function answerIn(fields: URLSearchParams): CallbackQuery {
  return {
    code: fields.get("code") ?? undefined,
    state: fields.get("state") ?? undefined,
    error: fields.get("error") ?? undefined,
    iss: fields.get("iss") ?? undefined,
  };
}
