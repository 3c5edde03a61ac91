import { once } from "node:events";
import { parentPort, Worker, workerData, type MessagePort } from "node:worker_threads";

import type { Clock } from "../../../core/ports/clock.ts";
import type { InertMail } from "./mail-html.ts";

/** Ordinary mail takes some milliseconds; what is made to take long is given up. */
const LIMIT_MS = 3_000;

/** Who reads one mail reads another; who does not should not pay for the memory. */
const IDLE_MS = 30_000;

const MEMORY_MB = 256;

/** Makes mail inert beside the thread that paces exports and answers requests. */
export type MailRenderer = Readonly<{
  /** Undefined when it takes too long or too much memory. */
  render(html: string): Promise<InertMail | undefined>;
  close(): Promise<void>;
}>;

export function mailRenderer(clock: Clock): MailRenderer {
  let worker: Worker | undefined;
  let idle = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  const start = async (): Promise<Worker> => {
    const made = new Worker(new URL(import.meta.url), {
      workerData: RENDERER,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    made.on("error", () => {}); // heard where its answer is waited for
    made.unref();
    await once(made, "message"); // it is there
    return made;
  };

  const stop = async (): Promise<void> => {
    const stopped = worker;
    worker = undefined;
    await stopped?.terminate();
  };

  const render = async (html: string): Promise<InertMail | undefined> => {
    idle.abort();
    worker ??= await start();
    const enough = new AbortController();
    const { signal } = enough;
    try {
      const answered = once(worker, "message", { signal }).then(([answer]): InertMail => answer);
      worker.postMessage(html, []);
      const mail = await Promise.race([answered, clock.sleep(LIMIT_MS, signal).then(() => undefined)]);
      if (!mail) await stop();
      return mail;
    } catch {
      await stop(); // out of memory, or of stack
      return undefined;
    } finally {
      enough.abort();
      idle = new AbortController();
      clock.sleep(IDLE_MS, idle.signal).then(stop, () => {});
    }
  };

  return {
    render(html) {
      const mine = last.then(() => render(html));
      last = mine.catch(() => {});
      return mine;
    },
    async close() {
      await last;
      idle.abort();
      await stop();
    },
  };
}

/** Tells this file, as a worker's program, that it is ours. */
const RENDERER = "gmail-export mail renderer";

async function serve(port: MessagePort): Promise<void> {
  const { inertMail } = await import("./mail-html.ts");
  port.on("message", (html: string) => port.postMessage(inertMail(html)));
  port.postMessage("ready");
}

if (parentPort && workerData === RENDERER) await serve(parentPort);
