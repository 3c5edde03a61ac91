import type { FastifyInstance } from "fastify";

import { refuse } from "../../../core/errors.ts";

/** What any call takes has three levels; what writes or checks deeper values may run out of stack. */
const DEEPEST = 32;

/** Bodies are JSON, or there is none. Those of other types, which a form of any page can send, are refused as 415. */
export function takeJsonBodies(app: FastifyInstance): void {
  app.removeContentTypeParser("text/plain");
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    // Many programs say "JSON" even where they send nothing.
    if (body === "") done(null, undefined);
    else if (nestingOf(body) > DEEPEST)
      done(
        refuse(
          "invalid_request",
          `The body has more than ${DEEPEST} levels of lists and objects inside each other.`,
          "Send what /docs shows for this call.",
        ),
      );
    else void parseJson(request, body, done);
  });
}

/** How many lists and objects stand inside each other at most; brackets in strings count for nothing. */
export function nestingOf(json: string): number {
  let deepest = 0;
  let depth = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"?|[[{}\]]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    else if (token === "]" || token === "}") depth -= 1;
  }
  return deepest;
}
