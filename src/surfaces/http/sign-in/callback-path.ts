import type { FastifyInstance } from "fastify";

import { refuse } from "../../../core/errors.ts";

/**
 * Watches over all routes registered from now on: the path where Google sends the browser back comes from
 * OAUTH_REDIRECT_URI, and no other route may answer there. `reserved` are patterns of routes whose registration nobody
 * could catch the refusal of. Throws `settings_invalid`, at once or in the registration.
 */
export function reserveCallbackPath(
  app: Pick<FastifyInstance, "addHook">,
  { pathname }: Pick<URL, "pathname">,
  reserved: readonly string[],
): void {
  const check = (pattern: string): void => {
    if (!matchesRoute(pattern, pathname)) return;
    throw refuse(
      "settings_invalid",
      `OAUTH_REDIRECT_URI has the path ${pathname}, at which the server answers something else.`,
      "Give it a path of its own, such as /auth/callback, there and in the Google Cloud console.",
    );
  };
  reserved.forEach(check);
  app.addHook("onRoute", ({ url, config }) => {
    if (config?.family !== "callback") check(url);
  });
}

/** Whether a route of this pattern could answer requests for a path: `:name` stands for a segment, `*` for all further ones. */
export function matchesRoute(pattern: string, path: string): boolean {
  const asked = path.split("/");
  const known = pattern.split("/");
  const matches = known.every(
    (segment, place) => segment === "*" || segment === asked[place] || (segment.startsWith(":") && asked[place]),
  );
  return matches && (known.at(-1) === "*" || known.length === asked.length);
}
