import { mkdir } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** s3rver for all test files, with its objects in this folder; loaded when the first asks for something. */
export async function offerBuckets(folder: string): Promise<{ address: string; close(): Promise<void> }> {
  const directory = join(folder, "buckets");
  const load = async (): Promise<RequestListener> => {
    await mkdir(directory);
    const { default: S3rver } = await import("s3rver");
    return new S3rver({ silent: true, directory, allowMismatchedSignatures: true }).callback();
  };
  let loading: Promise<RequestListener> | undefined;
  const server = createServer((request, response) => {
    loading ??= load();
    loading.then(
      (handle) => handle(request, response),
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
