import { extname } from "node:path";

import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { accountFileName } from "../../../core/account.ts";
import type { Snapshot } from "../../../core/ports/read-directory.ts";
import { describeEmpty, describeProblems, UNKNOWN_EXPORT } from "../contract/answers.ts";
import { EXPORT_ID } from "../contract/examples.ts";
import { sendProblem } from "../contract/problem.ts";
import { attachmentNamed } from "../downloads/disposition.ts";
import { sendContent, sendStream } from "../downloads/send-content.ts";
import type { Common, ExportServices } from "../services.ts";
import { belongsTo } from "./export-view.ts";

const binary = z.string().meta({ format: "binary" });
const json = binary.meta({ format: "binary", examples: ['[\n{"Message-ID":"18c2a1f0b3d4e5f6",…}\n]\n'] });
const ndjson = binary.meta({ format: "binary", examples: ['{"at":"2026-11-28T02:00:05.211Z","change":"begun",…}\n'] });
const mbox = binary.meta({ format: "binary", examples: ["From 1784166457573434870@xxx Tue Dec  5 09:11:12 2023\n…"] });
const exportId = z.string().meta({ examples: [EXPORT_ID] });
const byId = z.strictObject({ id: exportId });
const byName = z.strictObject({
  id: exportId,
  name: z.string().meta({ examples: ["manifest.json", "emails_batch_1.json"] }),
});
const nothing = z.strictObject({});

const FILE_TYPES = {
  "application/json": { schema: json },
  "application/mbox": { schema: mbox },
  "application/gzip": { schema: binary },
  "application/vnd.apache.parquet": { schema: binary },
  "application/x-ndjson": { schema: ndjson },
};

/** By how a name ends; what is none of these is JSON. */
const TYPES: Readonly<Record<string, keyof typeof FILE_TYPES>> = {
  ".mbox": "application/mbox",
  ".gz": "application/gzip",
  ".parquet": "application/vnd.apache.parquet",
  ".ndjson": "application/x-ndjson",
};

const FILE = {
  tags: ["exports"],
  summary:
    "Download a finished file: a batch that the manifest names, what belongs to it, changes.ndjson or manifest.json",
  description:
    "Takes one range of bytes, and If-Range, If-Match and If-None-Match with the entity tag, which is the file's SHA-256. HEAD tells the size.",
  params: byName,
  querystring: nothing,
  response: {
    200: { description: "The file", content: FILE_TYPES },
    206: { description: "The part that was asked for", content: FILE_TYPES },
    304: describeEmpty("It is the one that the client has"),
    ...describeProblems({
      404: `${UNKNOWN_EXPORT} Or it has no finished file of that name.`,
      409: "The file is not what was written.",
      412: "The file is not the one that If-Match names.",
      416: "The range begins behind the file's end.",
    }),
  },
};

const ARCHIVE = {
  tags: ["exports"],
  summary: "Download all finished files as one tar",
  description:
    "Attachments, where the export keeps them, are in it too. Its size is told beforehand. Each file is held against its SHA-256 as it passes, and the manifest comes last: an archive that is cut off has none.",
  params: byId,
  querystring: nothing,
  response: {
    200: { description: "The archive", content: { "application/x-tar": { schema: binary } } },
    ...describeProblems({
      404: `${UNKNOWN_EXPORT} Or it has no finished file yet.`,
      409: "A file is not what was written.",
    }),
  },
};

/** Downloads. A name is only ever looked up among those of the manifest; no path is made of what a client sends. */
export function fileRoutes({
  queue,
  readDirectory,
  archive,
  log,
}: Pick<ExportServices, "queue" | "readDirectory" | "archive"> & Pick<Common, "log">): FastifyPluginAsyncZod {
  /** What the export has finished; undefined while that is nothing. */
  const snapshotOf = async (id: string): Promise<Snapshot | undefined> => {
    const { request } = await queue.get(id);
    const snapshot = await readDirectory.snapshot(request.directory);
    return snapshot && belongsTo(request, snapshot.manifest) ? snapshot : undefined;
  };

  const sendFile = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { id, name }: z.infer<typeof byName>,
  ): Promise<FastifyReply> => {
    const snapshot = await snapshotOf(id);
    const file = snapshot?.files.find((one) => one.file === name);
    if (!snapshot || !file)
      return sendProblem(
        reply,
        404,
        "no_such_file",
        "This export has no finished file of that name.",
        "Look at the export's `files`; manifest.json is there once the first of them is finished.",
      );
    const { bytes, sha256 } = file;
    const type = TYPES[extname(name)] ?? "application/json";
    return sendContent(
      request,
      reply,
      { bytes, sha256, type, headers: attachmentNamed(name), open: () => snapshot.open(file) },
      log,
    );
  };

  const sendArchive = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { id }: z.infer<typeof byId>,
  ): Promise<FastifyReply> => {
    const snapshot = await snapshotOf(id);
    if (!snapshot)
      return sendProblem(
        reply,
        404,
        "no_such_file",
        "This export has no finished file yet.",
        "Wait for its first batch; `progress` counts them.",
      );
    const name = accountFileName(snapshot.manifest.email);
    const whole = await archive(name, snapshot);
    void reply
      .type("application/x-tar")
      .headers({ ...attachmentNamed(`${name}.tar`), "content-length": whole.bytes, "cache-control": "no-store" });
    return request.method === "HEAD" ? reply.send() : sendStream(request, reply, whole.content, log);
  };

  return async (app) => {
    const [file, all] = ["/exports/:id/files/:name", "/exports/:id/archive"] as const;
    app.get(file, { exposeHeadRoute: false, schema: FILE }, async (request, reply) => {
      await sendFile(request, reply, request.params);
      return reply;
    });
    app.get(all, { exposeHeadRoute: false, schema: ARCHIVE }, async (request, reply) => {
      await sendArchive(request, reply, request.params);
      return reply;
    });
    // Routes of their own: the ones that Fastify makes of GET would read all the bytes to tell their number.
    app.head(file, { schema: { params: byName, querystring: nothing, hide: true } }, async (request, reply) =>
      sendFile(request, reply, request.params),
    );
    app.head(all, { schema: { params: byId, querystring: nothing, hide: true } }, async (request, reply) =>
      sendArchive(request, reply, request.params),
    );
  };
}
