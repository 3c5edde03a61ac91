import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

/** Writes credentials.json into a folder, for its owner alone; resolves with its path. */
export async function writeCredentials(credentials: object, folder: string): Promise<string> {
  const path = join(folder, "credentials.json");
  await writeFile(path, `${JSON.stringify(credentials)}\n`, { mode: 0o600 });
  return path;
}

/** A port of the loopback interface that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
