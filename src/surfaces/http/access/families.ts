import type { FastifyInstance, FastifyRequest } from "fastify";

import { STYLE_SOURCE } from "../../pages.ts";

/** What routes of one kind have in common: who may call them, and what a browser may do with their answers. */
type Family = Readonly<{
  /** Whether a call needs the API key, where there is one. */
  guarded: boolean;
  /** Whether a link or a redirect of a foreign page may lead here. It may where that changes nothing and shows no mail. */
  landing: boolean;
  /** Whether it answers under any name, as those that probe a server call it. It may where it says nothing of anybody. */
  anyHost: boolean;
  /** Content-Security-Policy. */
  policy: string;
}>;

const NOTHING = {
  "default-src": "'none'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

function policy(directives: Readonly<Record<string, string>>): string {
  return Object.entries({ ...NOTHING, ...directives })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join("; ");
}

const FAMILIES = {
  /** Data, and everything that no other family claims. */
  api: { guarded: true, landing: false, anyHost: false, policy: policy({}) },
  health: { guarded: false, landing: false, anyHost: true, policy: policy({}) },
  /** Where a browser exchanges the key for a session. */
  session: { guarded: false, landing: false, anyHost: false, policy: policy({}) },
  /** Begins a sign-in at Google; who ends it must be the browser that began, so a foreign link to it does no harm. */
  signIn: { guarded: true, landing: true, anyHost: false, policy: policy({ "style-src": STYLE_SOURCE }) },
  /** Google's redirect comes from a foreign page, and `state` is its key. */
  callback: { guarded: false, landing: true, anyHost: false, policy: policy({ "style-src": STYLE_SOURCE }) },
  /** Files that hold nothing private; what they show they ask the API for. Frames show mail, under a policy of their own. */
  console: {
    guarded: false,
    landing: true,
    anyHost: false,
    policy: policy({
      "script-src": "'self'",
      "style-src": "'self'",
      "img-src": "'self' data:",
      "font-src": "'self'",
      "connect-src": "'self'",
      "frame-src": "'self'",
    }),
  },
  /** The API's reference. Its library writes style elements; the page adds the digest of its one script (reference.ts). */
  reference: {
    guarded: true,
    landing: true,
    anyHost: false,
    policy: policy({
      "script-src": "'self'",
      "style-src": "'self' 'unsafe-inline'",
      "img-src": "'self' data:",
      "font-src": "'self' data:",
      "connect-src": "'self'",
    }),
  },
} satisfies Record<string, Family>;

export type FamilyName = keyof typeof FAMILIES;

declare module "fastify" {
  interface FastifyContextConfig {
    family?: FamilyName;
  }
}

export function familyOf({ routeOptions }: Pick<FastifyRequest, "routeOptions">): Family {
  return FAMILIES[routeOptions.config.family ?? "api"];
}

/** Every route registered in this scope from now on is of this family. */
export function assignFamily(family: FamilyName, app: Pick<FastifyInstance, "addHook">): void {
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, family };
  });
}
