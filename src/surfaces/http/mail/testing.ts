import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { fastify } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";

import { requestOf } from "../../../../test/contracts/job-queue.ts";
import { sha256Of } from "../../../../test/contracts/record-content.ts";
import { manualClock } from "../../../../test/manual-clock.ts";
import { readBatches, readDirectory, readRecordContent } from "../../../../test/on-disk.ts";
import { scratchFolder } from "../../../../test/scratch.ts";
import { writeExport } from "../../../../test/written-export.ts";
import { systemClock } from "../../../clock.ts";
import type { AttachmentRecord } from "../../../core/mail/record.ts";
import { attachmentPath } from "../../../formats/attachment-path.ts";
import { indexedRecords } from "../../../search/indexed-records.ts";
import { embeddedJobQueue } from "../../../state/embedded/job-queue.ts";
import { sendError } from "../contract/problem.ts";
import { changeRoutes } from "./change-routes.ts";
import { contentRoutes } from "./content-routes.ts";
import { recordRoutes } from "./record-routes.ts";

export const PNG = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from("not much of a picture")]);
export const HTML = Buffer.from("<!doctype html><script>alert(document.domain)</script>");
export const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
export const GIF_AND_SCRIPT = Buffer.from("GIF89a/*…*/=1;alert(document.domain)//<script>alert(1)</script>");

/** An attachment whose content is there. */
export function stored(content: Buffer, fields: Partial<AttachmentRecord> = {}): AttachmentRecord {
  const sha256 = sha256Of(content);
  const itself = { id: "", filename: "a.bin", mimeType: "text/plain", size: content.length, partId: "1" };
  return { ...itself, sha256, path: attachmentPath(sha256), ...fields };
}

/** The calls alone, over a directory that a test may do anything to, and what they wrote to the log. */
export async function stageRoutes() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratchFolder());
  const directory = join(folder.path, "data");
  const queue = embeddedJobQueue(join(folder.path, "state"), manualClock());
  stack.defer(() => queue.close());
  const records = indexedRecords(join(folder.path, "index"), readBatches, systemClock);
  stack.defer(() => records.close());
  const { id } = await queue.add(requestOf("ada@example.com", directory));
  const put = async (name: string, bytes: Uint8Array): Promise<void> => {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), bytes);
  };
  const seen = { log: [] as string[], bytes: 0, open: 0 };
  const app = fastify({ forceCloseConnections: true });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(async (error, _request, reply) => sendError(reply, error));
  const note = (event: string): void => void seen.log.push(event);
  const log = { debug: note, info: note, warn: note, error: note };
  const contents: typeof readRecordContent = {
    ...readRecordContent,
    async attachment(...asked) {
      const found = await readRecordContent.attachment(...asked);
      return {
        ...found,
        async open() {
          const opened = await found.open();
          seen.open += 1;
          return {
            async *read(start, end) {
              for await (const chunk of opened.read(start, end)) {
                seen.bytes += chunk.length;
                yield chunk;
              }
            },
            async [Symbol.asyncDispose]() {
              seen.open -= 1;
              await opened[Symbol.asyncDispose]();
            },
          };
        },
      };
    },
  };
  const services = { queue, records, contents, readDirectory, clock: systemClock, log };
  await app.register(recordRoutes(services));
  await app.register(changeRoutes(services));
  await app.register(contentRoutes(services));
  stack.defer(() => app.close());
  const origin = await app.listen({ host: "127.0.0.1", port: 0 });
  const url = `${origin}/exports/${id}/records`;
  const ours = stack.move();
  return {
    directory,
    url,
    seen,
    put,
    write: (batches: Parameters<typeof writeExport>[1]) => writeExport(directory, batches),
    async ask(path: string, init: RequestInit = {}) {
      const answer = await fetch(`${url}/${path}`, init);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const isProblem = answer.headers.get("content-type")?.startsWith("application/problem") ?? false;
      const problem: { code?: string; detail?: string; next?: string } =
        isProblem && bytes.length > 0 ? JSON.parse(bytes.toString()) : {};
      return { status: answer.status, headers: Object.fromEntries(answer.headers), bytes, ...problem };
    },
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}
