import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, test } from "vitest";

import { unprivileged } from "../../../test/unprivileged.ts";
import { lookAtFolder, permissions, room } from "./folder.ts";
import { whoListens } from "./listener.ts";
import { reach } from "./reach.ts";

const never = new AbortController().signal;

async function scratch(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "machine-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A server on any free port of 127.0.0.1. */
async function listening(server: Server): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const answering = (type: string, body: string): Promise<AsyncDisposable & { port: number }> =>
  listening(
    createHttpServer((_, response) => {
      response.writeHead(400, { "content-type": type, connection: "close" }).end(body);
    }),
  );

describe("a folder", () => {
  test("is looked at, and left as it is", async () => {
    await using folder = await scratch();
    const open = join(folder.path, "open");
    await mkdir(open);
    await chmod(open, 0o755);
    expect(await lookAtFolder(open)).toEqual({ exists: true, fault: undefined, permissions: 0o755 });
    const missing = join(folder.path, "not", "made", "yet");
    expect(await lookAtFolder(missing)).toEqual({ exists: false, fault: undefined, permissions: undefined });
    expect(await readdir(folder.path)).toEqual(["open"]);
  });

  test("where a file is cannot be used, nor below one", async () => {
    await using folder = await scratch();
    const file = join(folder.path, "file");
    await writeFile(file, "");
    expect(await lookAtFolder(file)).toMatchObject({ exists: true, fault: "ENOTDIR" });
    expect(await lookAtFolder(join(file, "below"))).toMatchObject({ exists: false, fault: "ENOTDIR" });
  });

  test("that may not be written says why", async () => {
    await using folder = await scratch();
    await chmod(folder.path, 0o500);
    const script = `
      const { lookAtFolder } = await import(${JSON.stringify(new URL("folder.ts", import.meta.url).href)});
      console.log(JSON.stringify(await Promise.all(process.argv.slice(1).map(lookAtFolder))));`;
    const [command, ...before] = [...unprivileged(), process.execPath];
    const looked = [folder.path, join(folder.path, "new")];
    const { stdout } = await promisify(execFile)(command, [...before, "--input-type=module", "-e", script, ...looked]);
    expect(JSON.parse(stdout)).toMatchObject([
      { exists: true, fault: "EACCES" },
      { exists: false, fault: "EACCES" },
    ]);
  });

  test("has room, also before it is made", async () => {
    await using folder = await scratch();
    expect(await room(join(folder.path, "not", "made"))).toBeGreaterThan(0);
  });
});

test("a file has its target's permission bits, and none where it is not there", async () => {
  await using folder = await scratch();
  const file = join(folder.path, "file");
  await writeFile(file, "", { mode: 0o600 });
  await symlink(file, join(folder.path, "link"));
  await chmod(file, 0o640);
  expect(await permissions(join(folder.path, "link"))).toBe(0o640);
  expect(await permissions(join(folder.path, "nothing"))).toBeUndefined();
});

describe("a port", () => {
  test("is nobody's, and still is after it was looked at", async () => {
    const { port, [Symbol.asyncDispose]: close } = await listening(createServer());
    await close();
    expect(await whoListens("127.0.0.1", port, never)).toBe("nobody");
    expect(await whoListens("127.0.0.1", port, never)).toBe("nobody");
  });

  test("is ours when what listens answers as gmail-export does", async () => {
    await using ours = await answering(
      "application/problem+json",
      JSON.stringify({ type: "urn:gmail-export:problem:api_key_required" }),
    );
    expect(await whoListens("127.0.0.1", ours.port, never)).toBe("gmail-export");
  });

  test("is another program's when that answers otherwise, or not as HTTP", async () => {
    await using site = await answering("text/html", "<h1>It works!</h1>");
    await using api = await answering("application/json", "null");
    await using mail = await listening(createServer((socket) => socket.end("220 mail.example.com ESMTP\r\n")));
    for (const { port } of [site, api, mail])
      expect(await whoListens("127.0.0.1", port, never)).toBe("another program");
  });

  test("that cannot be had says why", async () => {
    expect(await whoListens("192.0.2.1", 8000, never)).toEqual({ fault: "EADDRNOTAVAIL" });
  });
});

describe("a server is reached", () => {
  test("when it answers anything, and tells its time", async () => {
    await using server = await answering("text/plain", "no");
    const before = Date.now();
    const found = await reach(`http://127.0.0.1:${server.port}/`, never, undefined);
    expect(found).toEqual({ answered: true, status: 400, date: expect.any(Number) });
    const { date } = found as { date: number };
    expect(date).toBeGreaterThan(before - 1_000); // it tells whole seconds
    expect(date).toBeLessThanOrEqual(Date.now());
    expect(await reach(`http://localhost:${server.port}/`, never, undefined)).toMatchObject({ answered: true });
  });

  test("not where its name leads nowhere", async () => {
    expect(await reach("https://nowhere.invalid/", never, undefined)).toMatchObject({
      answered: false,
      failedAt: "DNS",
    });
  });

  test("not where nobody listens", async () => {
    const { port, [Symbol.asyncDispose]: close } = await listening(createServer());
    await close();
    const refused = { answered: false, failedAt: "TCP", code: "ECONNREFUSED" };
    expect(await reach(`https://127.0.0.1:${port}/`, never, undefined)).toEqual(refused);
    expect(await reach(`http://localhost:${port}/`, never, undefined)).toEqual(refused);
  });

  test("not over TLS where there is none", async () => {
    await using plain = await answering("text/plain", "no TLS here");
    expect(await reach(`https://127.0.0.1:${plain.port}/`, never, undefined)).toMatchObject({
      answered: false,
      failedAt: "TLS",
    });
  });

  test("not where the connection ends without an answer, or none comes in time", async () => {
    await using rude = await listening(createServer((socket) => socket.destroy()));
    expect(await reach(`http://127.0.0.1:${rude.port}/`, never, undefined)).toMatchObject({
      answered: false,
      failedAt: "HTTP",
    });
    // The time is over when the server has heard something, and not before.
    let limit = new AbortController();
    await using silent = await listening(
      createServer((socket) => socket.on("error", () => {}).once("data", () => limit.abort())),
    );
    const unanswered = { answered: false, code: "ETIMEDOUT" };
    const found = await reach(`http://127.0.0.1:${silent.port}/`, never, undefined, limit.signal);
    expect(found).toEqual({ ...unanswered, failedAt: "HTTP" });
    limit = new AbortController();
    const secure = await reach(`https://127.0.0.1:${silent.port}/`, never, undefined, limit.signal);
    expect(secure).toEqual({ ...unanswered, failedAt: "TLS" });
  });

  test("no longer than who asked wants to wait", async () => {
    const gone = new Error("Ctrl-C");
    await expect(reach("http://127.0.0.1:9/", AbortSignal.abort(gone), undefined)).rejects.toBe(gone);
  });
});
