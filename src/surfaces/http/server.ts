import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import { fastify, type FastifyInstance } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";

import { refuse } from "../../core/errors.ts";
import { isLoopback } from "../../core/network/loopback.ts";
import { createAccess, sessionCookie } from "./access/access.ts";
import { createAttemptLimits } from "./access/attempts.ts";
import { protect } from "./access/protection.ts";
import { LIMITS, refuseUnreadable } from "./connections.ts";
import { consoleRoutes } from "./console-routes.ts";
import { takeJsonBodies } from "./contract/json-body.ts";
import { sendError, sendProblem } from "./contract/problem.ts";
import { reference, REFERENCE } from "./contract/reference.ts";
import { REQUEST_ID, requestIdOf } from "./contract/request-id.ts";
import { domainRoutes } from "./domain/domain-routes.ts";
import { eventRoutes } from "./exports/event-routes.ts";
import { exportRoutes } from "./exports/export-routes.ts";
import { fileRoutes } from "./exports/file-routes.ts";
import { verifyRoutes } from "./exports/verify-routes.ts";
import { changeRoutes } from "./mail/change-routes.ts";
import { contentRoutes } from "./mail/content-routes.ts";
import { recordRoutes } from "./mail/record-routes.ts";
import { doctorRoutes } from "./operations/doctor-routes.ts";
import { healthRoutes } from "./operations/health-routes.ts";
import { workRoutes } from "./operations/work-routes.ts";
import { scheduleRoutes } from "./schedules/schedule-routes.ts";
import type { Services } from "./services.ts";
import { authRoutes } from "./sign-in/auth-routes.ts";
import { reserveCallbackPath } from "./sign-in/callback-path.ts";
import { sessionRoutes } from "./sign-in/session-routes.ts";
import { setupRoutes } from "./sign-in/setup-routes.ts";

const UNREADABLE = "/unreadable";

/** Named as Fastify is made, as else it loads its own first: a hundred files at each start. Its types know only those. */
const ZOD_COMPILERS = {
  buildValidator: () => validatorCompiler,
  buildSerializer: () => serializerCompiler,
} as object;

/** The HTTP API (docs/design.md §6), ready to listen. Throws `settings_invalid` where all the world could call it. */
export async function httpServer(services: Services): Promise<FastifyInstance> {
  const {
    access: settings,
    signIn,
    exports,
    domain,
    schedules,
    mail,
    operations,
    consoleFolder,
    version,
    clock,
    log,
  } = services;
  const { apiKey, redirectUri, trustProxy } = settings;
  const { measures } = operations;
  if (!apiKey && !isLoopback(redirectUri.hostname))
    throw refuse(
      "settings_invalid",
      "OAUTH_REDIRECT_URI is an address of the web, so others than this machine can reach the server, and there is no API_KEY.",
      "Set API_KEY to what `gmail-export key` prints.",
    );
  const app = fastify({
    logger: false,
    requestIdHeader: false, // would take any text
    genReqId: requestIdOf,
    // An address that cannot be read gets to no hook. Sent around again as another, it passes what every request passes.
    frameworkErrors: (_error, { raw: request }, { raw: response }) => {
      request.url = UNREADABLE;
      app.routing(request, response);
    },
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    bodyLimit: 64 * 1024,
    http: LIMITS,
    requestTimeout: LIMITS.requestTimeout,
    keepAliveTimeout: LIMITS.keepAliveTimeout,
    clientErrorHandler: refuseUnreadable,
    forceCloseConnections: true,
    schemaController: { compilersFactory: ZOD_COMPILERS },
  }).withTypeProvider<ZodTypeProvider>();
  app.setErrorHandler(async (error, { id: requestId }, reply) => {
    const answer = await sendError(reply, error);
    if (reply.statusCode === 500 && !reply.raw.destroyed)
      log.error("request failed", { requestId, error: error instanceof Error ? error.name : "unknown" });
    return answer;
  });
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, 404, "no_such_address", "There is nothing at this address.", "See /docs for what there is."),
  );
  takeJsonBodies(app);
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
  const makeAttempts = await createAttemptLimits(app);
  const access = apiKey && createAccess({ apiKey, redirectUri, makeAttempts, clock, log });
  await protect(app, access, settings);
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
            components: {
              securitySchemes: {
                apiKey: { type: "http" as const, scheme: "bearer" },
                session: { type: "apiKey" as const, in: "cookie" as const, name: sessionCookie(redirectUri).name },
              },
            },
            security: [{ apiKey: [] }, { session: [] }],
          }
        : {}),
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  reserveCallbackPath(app, redirectUri, [`${REFERENCE}/*`]);
  await app.register(setupRoutes({ ...signIn, log }));
  await app.register(authRoutes({ ...signIn, redirectUri, makeAttempts, clock, log }));
  await app.register(exportRoutes({ ...exports, clock, log }));
  await app.register(verifyRoutes({ ...exports, version: services.version }));
  await app.register(domainRoutes({ ...exports, domain, clock, log }));
  await app.register(scheduleRoutes({ ...exports, ...schedules, clock, log }));
  await app.register(doctorRoutes({ ...operations, clock }));
  await app.register(eventRoutes({ ...exports, clock, log }));
  await app.register(fileRoutes({ ...exports, log }));
  await app.register(recordRoutes({ ...mail, clock, log }));
  await app.register(changeRoutes(mail));
  await app.register(contentRoutes({ ...mail, log }));
  await app.register(workRoutes(operations));
  await app.register(healthRoutes(operations));
  await app.register(sessionRoutes(access));
  await app.register(reference);
  await app.register(consoleRoutes({ consoleFolder }));
  app.all(UNREADABLE, { schema: { hide: true } }, () => {
    throw refuse("invalid_request", "The address cannot be read.", "See /docs for what there is.");
  });
  return app;
}
