import { serveThread } from "./worker-thread.ts";

/** The name of a thread that does what it is told, and counts. */
export const ODD_THREAD = "gmail-export odd thread";

export type Task = "count" | "be silent" | "work for ever" | "fail" | Readonly<{ weigh: ArrayBuffer }>;

await serveThread(ODD_THREAD, async () => {
  let count = 0;
  return {
    answer(task: Task, reply) {
      count += 1;
      if (task === "count") reply(count);
      else if (task === "fail") throw new Error("as it was told to");
      else if (task === "work for ever") for (;;);
      else if (task !== "be silent") reply(task.weigh.byteLength);
    },
  };
});
