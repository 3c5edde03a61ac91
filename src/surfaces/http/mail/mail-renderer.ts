import type { Clock } from "../../../core/ports/clock.ts";
import { serveThread, ThreadLost, workerThread } from "../../../threads/worker-thread.ts";
import type { InertMail, InlinePictures } from "./mail-html.ts";

/** Ordinary mail takes some milliseconds; what is made to take long is given up. */
const LIMIT_MS = 3_000;

const MEMORY_MB = 256;

const NAME = "gmail-export mail renderer";

/** Makes mail inert beside the thread that paces exports and answers requests. */
export type MailRenderer = Readonly<{
  /** Undefined when it takes too long or too much memory. */
  render(html: string, pictures?: InlinePictures): Promise<InertMail | undefined>;
  close(): Promise<void>;
}>;

export function mailRenderer(clock: Clock): MailRenderer {
  const thread = workerThread(clock, {
    program: import.meta.url,
    name: NAME,
    memoryMb: MEMORY_MB,
    limitMs: LIMIT_MS,
    limitBy: "clock",
  });
  return {
    async render(html, pictures = new Map()) {
      try {
        return await thread.takeTurn((ask) => ask<InertMail>({ html, pictures } satisfies Asked));
      } catch (error) {
        if (error instanceof ThreadLost) return undefined; // out of time, of memory, or of stack
        throw error;
      }
    },
    close: () => thread.close(),
  };
}

type Asked = Readonly<{ html: string; pictures: InlinePictures }>;

await serveThread(NAME, async () => {
  const { inertMail } = await import("./mail-html.ts");
  return { answer: ({ html, pictures }: Asked, reply) => reply(inertMail(html, pictures)) };
});
