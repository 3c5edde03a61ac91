import { createHash } from "node:crypto";

import { fastify, type FastifyInstance } from "fastify";

import { assignFamily } from "../access/families.ts";

/** Where the reference is. */
export const REFERENCE = "/docs";

/** The API's reference at `/docs`, which works offline, and the document that it shows. */
export async function reference(app: FastifyInstance): Promise<void> {
  assignFamily("reference", app);
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  let opened: Promise<FastifyInstance> | undefined;
  for (const address of [REFERENCE, `${REFERENCE}/`, `${REFERENCE}/js/scalar.js`])
    app.get(address, { schema: { hide: true } }, async ({ raw: request }, reply) => {
      const pages = await (opened ??= referencePages());
      reply.hijack();
      pages.routing(request, reply.raw);
    });
}

/** The library with its pages, five megabytes: only loaded when somebody reads them. */
async function referencePages(): Promise<FastifyInstance> {
  const { default: scalar } = await import("@scalar/fastify-api-reference");
  const pages = fastify({ logger: false });
  // The library's page starts itself by a script of its own text. That text alone is let in, by its digest: it is made
  // of the configuration below and nothing else.
  pages.addHook("onSend", async (_request, reply, payload) => {
    if (typeof payload !== "string" || !String(reply.getHeader("content-type")).startsWith("text/html")) return;
    const digests = [...payload.matchAll(/<script(?![^>]*\ssrc=)[^>]*>(.*?)<\/script>/gs)].map(([, text = ""]) =>
      digestOf(text),
    );
    const policy = String(reply.raw.getHeader("content-security-policy"));
    void reply.header("content-security-policy", policy.replace("script-src 'self'", `$& ${digests.join(" ")}`));
  });
  await pages.register(scalar, {
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
  await pages.ready();
  return pages;
}

function digestOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
