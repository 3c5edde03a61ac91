import { createHash, timingSafeEqual } from "node:crypto";

import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import swagger from "@fastify/swagger";
import scalar from "@scalar/fastify-api-reference";
import { fastify, type FastifyInstance } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";

import { refuse } from "../../core/errors.ts";
import type { Secret } from "../../core/ports.ts";
import { authRoutes } from "./auth-routes.ts";
import { consoleRoutes } from "./console-routes.ts";
import { doctorRoutes } from "./doctor-routes.ts";
import { eventRoutes } from "./event-routes.ts";
import { exportRoutes } from "./export-routes.ts";
import { fileRoutes } from "./file-routes.ts";
import { HEALTH, healthRoutes } from "./health-routes.ts";
import { STYLE_SOURCE } from "../pages.ts";
import { sendError, sendProblem } from "./problem.ts";
import { REQUEST_ID, requestIdOf } from "./request-id.ts";
import type { Services } from "./services.ts";

/** The HTTP API (docs/design.md §6), ready to listen. */
export async function httpServer(services: Services): Promise<FastifyInstance> {
  const { apiKey, clock, log, measures, redirectUri, version } = services;
  const app = fastify({
    logger: false,
    requestIdHeader: false, // would take any text
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) => {
      void reply.header(REQUEST_ID, request.id);
      void sendError(reply, error);
    },
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(async (error, { id: requestId }, reply) => {
    const answer = await sendError(reply, error);
    if (reply.statusCode === 500 && !reply.raw.destroyed)
      log.error("request failed", { requestId, error: error instanceof Error ? error.name : "unknown" });
    return answer;
  });
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, 404, "no_such_address", "There is nothing at this address.", "See /docs for what there is."),
  );
  // Many programs say "JSON" even where they send nothing.
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parseJson(request, body, done);
  });
  app.addHook("onRequest", async (request, { raw }) => {
    raw.setHeader(REQUEST_ID, request.id); // on the raw answer, so that streams have it too
    raw.on("error", () => {}); // an answer that crosses its client's leaving is nobody's error
    const begun = clock.now();
    // Every answer is closed, also one that its client did not wait for; only a finished one gets to onResponse.
    raw.once("close", () => {
      // The pattern, not the address: that may hold an authorization code or somebody's name.
      const route = request.routeOptions.url ?? "none";
      const { method, id: requestId } = request;
      const status = raw.headersSent ? raw.statusCode : 499;
      const ms = clock.now() - begun;
      measures.answered({ method, route, status, seconds: ms / 1000 });
      log.info("request", { requestId, method, route, status, ms, ...(raw.writableFinished ? {} : { cut: true }) });
    });
  });
  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [STYLE_SOURCE],
        frameAncestors: ["'none'"],
        formAction: ["'none'"],
      },
    },
    strictTransportSecurity: redirectUri.protocol === "https:",
  });
  if (apiKey)
    app.addHook("onRequest", async (request, reply) => {
      const open = [...HEALTH, redirectUri.pathname].includes(request.routeOptions.url ?? "");
      if (open || isKey(request.headers.authorization, apiKey)) return;
      void reply.header("www-authenticate", "Bearer");
      throw refuse(
        "api_key_required",
        "This server asks for its API key.",
        "Send the header Authorization: Bearer <API_KEY>.",
      );
    });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "gmail-export",
        version,
        description: "Every message out of a Gmail mailbox, exactly once, into JSON files, and provably so.",
      },
      ...(apiKey
        ? {
            components: { securitySchemes: { apiKey: { type: "http" as const, scheme: "bearer" } } },
            security: [{ apiKey: [] }],
          }
        : {}),
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(authRoutes(services));
  await app.register(exportRoutes(services));
  await app.register(doctorRoutes(services));
  await app.register(eventRoutes(services));
  await app.register(fileRoutes(services));
  await app.register(healthRoutes(services));
  await app.register(reference);
  await app.register(consoleRoutes(services));
  return app;
}

/** The reference page works offline; its scripts are its own, so it alone has a policy that lets them in. */
async function reference(app: FastifyInstance): Promise<void> {
  app.addHook("onSend", async (_request, reply) => {
    void reply.header(
      "content-security-policy",
      "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'",
    );
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  await app.register(scalar, {
    routePrefix: "/docs",
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

function isKey(header: string | undefined, key: Secret): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(`Bearer ${key.reveal()}`));
}
