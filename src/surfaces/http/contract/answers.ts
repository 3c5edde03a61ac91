import { z } from "zod";

import { Problem } from "./problem.ts";

type Answer<Type extends string, Schema extends z.ZodType> = Readonly<{
  description: string;
  content: Readonly<Record<Type, Readonly<{ schema: Schema }>>>;
}>;

/** What a status means and holds, as /openapi.json tells it. */
export function describeAnswer<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
): Answer<"application/json", Schema> {
  return { description, content: { "application/json": { schema } } };
}

export function htmlPage(description: string, example: string): Answer<"text/html", z.ZodString> {
  return { description, content: { "text/html": { schema: z.string().meta({ examples: [example] }) } } };
}

/** A status whose answer has no body. */
export function describeEmpty(description: string): z.ZodNull {
  return z.null().describe(description);
}

/** The statuses that are problems (RFC 9457), each with when it comes. */
export function describeProblems<Status extends number>(
  meanings: Readonly<Record<Status, string>>,
): Record<Status, Answer<"application/problem+json", typeof Problem>> {
  const described = Object.entries<string>(meanings).map(([status, description]) => [
    status,
    { description, content: { "application/problem+json": { schema: Problem } } },
  ]);
  return Object.fromEntries(described);
}

/** What many calls answer alike. */
export const UNKNOWN_EXPORT = "No export has this id.";
export const TOO_MANY_ATTEMPTS =
  "Too many attempts came from this address within a minute; `Retry-After` says how long to wait.";
export const INVALID_FIELDS = "Parameters or fields that cannot be used, each named in `errors`.";
