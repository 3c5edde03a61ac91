import { access } from "node:fs/promises";

import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

import { refuse } from "../../core/errors.ts";
import { assignFamily } from "./access/families.ts";
import type { Services } from "./services.ts";

/** The web console at `/`: a page, a script and a style sheet, which hold nothing private and ask the API for the rest. */
export function consoleRoutes({ consoleFolder }: Pick<Services, "consoleFolder">) {
  return async (app: FastifyInstance): Promise<void> => {
    assignFamily("console", app);
    const isBuilt = await access(`${consoleFolder}/index.html`).then(
      () => true,
      () => false,
    );
    if (isBuilt)
      await app.register(fastifyStatic, {
        root: consoleFolder,
        wildcard: false, // the files that are there now are the only addresses
        cacheControl: false,
        // Names under assets/ hold a digest of what is in the file.
        setHeaders: (reply, path) => {
          const isNamedByContent = path.includes("/assets/");
          void reply.header("cache-control", isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache");
        },
        schemaHide: true,
      });
    else
      app.get("/", { schema: { hide: true } }, () => {
        throw refuse(
          "not_found",
          "The console was not built with this copy of gmail-export.",
          "Run `npm run console` and start the server again; the API and the command line work without it.",
        );
      });
  };
}
