import { Worker } from "node:worker_threads";

/** A thread of its own sees when the main one hangs: it writes the input down and ends the process. */
const SOURCE = `
const { workerData: { shared, folder, limitMs } } = require("node:worker_threads");
const { writeFileSync, writeSync } = require("node:fs");
const [count, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
let seen = -1, since = Date.now();
setInterval(() => {
  const now = Atomics.load(count, 0);
  if (now !== seen) { seen = now; since = Date.now(); return; }
  if (now < 0 || Date.now() - since < limitMs) return;
  const path = folder + "/hang.input";
  writeFileSync(path, Buffer.from(new Uint8Array(shared, 8, Atomics.load(length, 0))));
  writeSync(2, "\\nhangs: case " + now + " of the target named last; its input is in " + path + "\\n");
  process.kill(process.pid, "SIGKILL");
}, 500);
`;

const ROOM_BYTES = 4 << 20;

export type Watchdog = AsyncDisposable & Readonly<{ begins(index: number, input: Buffer): void; rests(): void }>;

/** Ends the process when one case takes longer than `limitMs`. */
export function watchdog(folder: string, limitMs: number): Watchdog {
  const shared = new SharedArrayBuffer(8 + ROOM_BYTES);
  const [count, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
  const room = Buffer.from(shared, 8);
  Atomics.store(count, 0, -1);
  const worker = new Worker(SOURCE, { eval: true, workerData: { shared, folder, limitMs } });
  worker.unref();
  return {
    begins(index, input) {
      Atomics.store(length, 0, input.copy(room));
      Atomics.store(count, 0, index);
    },
    rests: () => void Atomics.store(count, 0, -1),
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
