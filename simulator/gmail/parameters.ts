import { invalidArgument, unknownParameter } from "../errors.ts";

/** Accepted by every method of every Google API. */
const STANDARD: ReadonlySet<string> = new Set(
  "alt callback fields key oauth_token prettyPrint quotaUser uploadType upload_protocol $.xgafv".split(" "),
);

const invalid = (name: string, type: string, value: string) =>
  invalidArgument(`Invalid value at '${name}' (${type}), "${value}"`);

/** A query string read as strictly as Google reads it: names unknown to the method and values of the wrong type are 400. */
export function parameters(search: URLSearchParams, allowed: readonly string[]) {
  for (const name of search.keys()) if (!allowed.includes(name) && !STANDARD.has(name)) throw unknownParameter(name);

  return {
    has: (name: string) => search.has(name),
    text: (name: string) => search.get(name) ?? "",
    all: (name: string) => search.getAll(name),
    flag: (name: string) => {
      const value = search.get(name) ?? "false";
      if (value !== "true" && value !== "false") throw invalid(name, "TYPE_BOOL", value);
      return value === "true";
    },
    oneOf: <T extends string>(name: string, values: readonly T[], fallback: T): T => {
      const value = search.get(name) ?? fallback;
      const found = values.find((candidate) => candidate === value || candidate.toUpperCase() === value);
      if (found === undefined) throw invalid(name, "TYPE_ENUM", value);
      return found;
    },
    /** Page sizes: 100 unless asked for, never above 500 whatever is asked for. */
    maxResults: () => {
      const value = search.get("maxResults") ?? "100";
      if (!/^-?\d{1,10}$/.test(value)) throw invalid("max_results", "TYPE_UINT32", value);
      if (Number(value) < 1) throw invalidArgument("Invalid maxResults");
      return Math.min(Number(value), 500);
    },
  };
}

export type Parameters = ReturnType<typeof parameters>;
