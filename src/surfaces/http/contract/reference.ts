import { createHash } from "node:crypto";

import scalar from "@scalar/fastify-api-reference";
import type { FastifyInstance } from "fastify";

import { assignFamily } from "../access/families.ts";

/** Where the reference is. */
export const REFERENCE = "/docs";

/** The API's reference at `/docs`, which works offline, and the document that it shows. */
export async function reference(app: FastifyInstance): Promise<void> {
  assignFamily("reference", app);
  // The library's page starts itself by a script of its own text. That text alone is let in, by its digest: it is made
  // of the configuration below and nothing else.
  app.addHook("onSend", async (_request, reply, payload) => {
    if (typeof payload !== "string" || !String(reply.getHeader("content-type")).startsWith("text/html")) return;
    const digests = [...payload.matchAll(/<script(?![^>]*\ssrc=)[^>]*>(.*?)<\/script>/gs)].map(([, text = ""]) =>
      digestOf(text),
    );
    const policy = String(reply.raw.getHeader("content-security-policy"));
    void reply.header("content-security-policy", policy.replace("script-src 'self'", `$& ${digests.join(" ")}`));
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  await app.register(scalar, {
    routePrefix: REFERENCE,
    configuration: {
      url: "/openapi.json",
      metaData: { title: "gmail-export API" },
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      showDeveloperTools: "never",
      hideClientButton: true,
    },
  });
}

function digestOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
