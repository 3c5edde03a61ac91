import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux gives out by itself (ip_local_port_range), which any socket of a test may get meanwhile. */
const FIRST = 10_000;
const LAST = 32_000;
/** Ports of one worker's own: two that look at the same moment find different ones. */
const SLICE = Math.floor((LAST - FIRST) / 8);

const slice = FIRST + (Number(process.env["VITEST_POOL_ID"] ?? 0) % 8) * SLICE;
let next = Math.floor(Math.random() * SLICE);

/** A port of 127.0.0.1 on which nothing listens, and which nobody else in this run is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = slice + (next++ % SLICE);
    const server = createServer().listen(port, "127.0.0.1");
    const listens = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!listens) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
