import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, request as requestOf } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { simulateGoogle, type SimulatedGoogle, type SimulatorOptions } from "../simulator/google.ts";
import { api, type Api } from "./api.ts";
import { newDatabase } from "./postgres.ts";
import { install, type Product, type Running, type Server, type Settings } from "./product.ts";
import { scratchFolder } from "./scratch.ts";

/** A worker's process. `id` is how exports name it. */
export type WorkerProcess = AsyncDisposable & Running & Readonly<{ id: string; pid: number }>;

/**
 * A deployment of several machines: a folder each, and in common a simulated Google, a database, the folder of exports, and
 * a front door, to which Google returns. Who still runs at the end is stopped as a service manager does.
 */
export type ManyMachines = AsyncDisposable &
  Readonly<{
    google: SimulatedGoogle;
    /** The URL that DATABASE_URL has. */
    database: string;
    /** The front door: each request goes to the next of the servers. */
    door: string;
    /** Where an export of this name lies. */
    directory(name: string): string;
    /** Another server, which leaves exports to workers. */
    server(more?: Settings): Promise<Server & Api>;
    worker(more?: Settings): Promise<WorkerProcess>;
  }>;

export async function manyMachines(options: SimulatorOptions = {}, settings: Settings = {}): Promise<ManyMachines> {
  await using stack = new AsyncDisposableStack();
  const google = stack.use(await simulateGoogle(options));
  const exports = stack.use(await scratchFolder());
  const database = await newDatabase("empty");
  const servers: string[] = [];
  const door = stack.use(await frontDoor(servers));
  const common: Settings = {
    DATABASE_URL: database,
    EXPORT_DIR: join(exports.path, "data"),
    TOKEN_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    OAUTH_REDIRECT_URI: `${door.url}/auth/callback`,
    ...settings,
  };
  let ours: AsyncDisposableStack = stack;
  const machine = async (more: Settings): Promise<Product> => {
    const product = await install(google, { ...common, ...more });
    return ours.use(product);
  };
  const running = (process: Running): Running & AsyncDisposable => {
    let isOver = false;
    void process.ended.finally(() => (isOver = true));
    return {
      ...process,
      async [Symbol.asyncDispose]() {
        if (isOver) return; // the test has stopped it
        const { code, stderr } = await process.stop("SIGTERM");
        if (code !== 0) throw new Error(`it ended with ${code}:\n${stderr}`);
      },
    };
  };
  const made = {
    google,
    database,
    door: door.url,
    directory: (name: string): string => join(exports.path, "data", name),
    async server(more: Settings = {}) {
      const product = await machine(more);
      const server = running(product.start(["serve", "--no-work"]));
      ours.use(server);
      const [, url] = await server.says(/listens on (\S+)/);
      servers.push(url!);
      return { ...server, url: url!, ...api(url!) };
    },
    async worker(more: Settings = {}) {
      const product = await machine(more);
      const worker = running(product.start(["worker"]));
      ours.use(worker);
      const [, id] = await worker.says(/Worker (\S+) takes/);
      return { ...worker, id: id!, pid: Number(id!.split("/").at(-1)) };
    },
  };
  ours = stack.move();
  return { ...made, [Symbol.asyncDispose]: () => ours.disposeAsync() };
}

/** What stands before servers: hands each request to the next of them. */
async function frontDoor(servers: readonly string[]): Promise<AsyncDisposable & Readonly<{ url: string }>> {
  let asked = 0;
  const door = createServer((request, response) => {
    const to = new URL(request.url ?? "/", servers[asked % servers.length]);
    asked += 1;
    const onward = requestOf(to, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  return {
    url: `http://localhost:${(door.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      door.closeAllConnections();
      door.close();
      await once(door, "close");
    },
  };
}
