import { once } from "node:events";
import { createServer } from "node:net";

/** A server of this machine that says nothing for so long is not ours. */
const PATIENCE_MS = 2_000;

/** Who has a port. Where it is free it is taken and given back at once: nothing else tells whether it may be had. */
export async function whoListens(
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<"nobody" | "gmail-export" | "another program" | { fault: string }> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, "listening");
    return "nobody";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    if (code !== "EADDRINUSE") return { fault: code };
    return (await isOurs(host, port, signal)) ? "gmail-export" : "another program";
  } finally {
    server.close();
  }
}

/** Ours answers what it is not asked for properly, or without its key, with a problem that bears its name. */
async function isOurs(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/auth/status`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    const { fetch } = await import("undici"); // hardly ever needed
    const response = await fetch(url, { redirect: "manual", signal: limit });
    const problem: unknown = await response.json();
    const { type }: Readonly<{ type?: unknown }> = Object(problem);
    return typeof type === "string" && type.startsWith("urn:gmail-export:problem:");
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
