import { expect, test } from "vitest";

import { matchesRoute } from "./callback-path.ts";

test.each([
  ["/exports", "/exports", true],
  ["/exports/:id", "/exports/anything", true],
  ["/exports/:id", "/exports/", false],
  ["/exports/:id/files", "/exports/a/files", true],
  ["/exports/:id/files", "/exports/a/other", false],
  ["/docs/*", "/docs/a/b", true],
  ["/docs/*", "/documents", false],
  ["*", "/auth/callback", true],
  ["/", "/", true],
  ["/auth/gmail", "/auth/callback", false],
])("a route %s answers at %s: %s", (pattern, path, expected) => expect(matchesRoute(pattern, path)).toBe(expected));
