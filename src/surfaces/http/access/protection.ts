import helmet from "@fastify/helmet";
import type { FastifyInstance, FastifyRequest } from "fastify";

import { refuse } from "../../../core/errors.ts";
import type { AccessSettings } from "../services.ts";
import type { Access } from "./access.ts";
import { familyOf } from "./families.ts";
import { namesOf, refusalOf, type GuardRefusal, type RequestFacts } from "./guard.ts";

/** What no page of ours uses, and none may ask for. */
const PERMISSIONS = ["camera", "display-capture", "geolocation", "microphone", "payment", "usb"]
  .map((feature) => `${feature}=()`)
  .join(", ");

/**
 * What stands before every route: the headers that tell browsers what not to do, whether the request may come from
 * where it comes from, and whether it may come at all. Headers go on the raw answer, so that streams have them too.
 */
export async function protect(
  app: FastifyInstance,
  access: Access | undefined,
  settings: Pick<AccessSettings, "host" | "allowedHosts" | "redirectUri">,
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: false, // of the route's family, below
    frameguard: { action: "deny" },
    strictTransportSecurity: settings.redirectUri.protocol === "https:",
  });
  app.addHook("onRequest", async (request, { raw }) => {
    raw.setHeader("content-security-policy", familyOf(request).policy);
    raw.setHeader("permissions-policy", PERMISSIONS);
    raw.setHeader("cache-control", "no-store"); // unless a route says otherwise
  });

  const names = namesOf(settings);
  app.addHook("onRequest", async (request) => {
    const refusal = refusalOf(factsOf(request), familyOf(request), names);
    if (refusal) throw refuse(refusal, ...WORDS[refusal]);
  });

  app.addHook("onRequest", async (request, reply) => {
    if (!access || !familyOf(request).guarded || (await access.authenticate(request, reply))) return;
    void reply.header("www-authenticate", "Bearer");
    throw refuse(
      "api_key_required",
      "This server asks for its API key.",
      "Send the header Authorization: Bearer <API_KEY>, or enter the key in the console.",
    );
  });
}

const WORDS: Readonly<Record<GuardRefusal, readonly [message: string, next: string]>> = {
  host_not_allowed: [
    "This server does not go by the name that the request calls it.",
    "Open it as localhost, or by the name of OAUTH_REDIRECT_URI; another name must be listed in ALLOWED_HOSTS.",
  ],
  cross_site_request: [
    "A page of another origin made the browser send this request.",
    "Open the console of gmail-export itself. Programs: leave out Origin and Sec-Fetch-Site. Proxies: pass Host on.",
  ],
};

function factsOf({ method, host, headers }: FastifyRequest): RequestFacts {
  return {
    method,
    host,
    origin: headers.origin,
    site: headers["sec-fetch-site"]?.toString(),
    mode: headers["sec-fetch-mode"]?.toString(),
    dest: headers["sec-fetch-dest"]?.toString(),
  };
}
