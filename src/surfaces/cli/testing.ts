import { PassThrough } from "node:stream";

import type { Entry, Machine } from "./context.ts";
import { runCommand } from "./program.ts";
import { terminal, type Terminal } from "./terminal/terminal.ts";

/** A machine whose clock stands still. */
export const TEST_MACHINE: Machine = {
  now: () => Date.UTC(2026, 10, 28, 8),
  timeZone: "UTC",
  program: ["/usr/bin/node", "/opt/gmail-export/bin/gmail-export.js"],
  directory: "/srv/mail",
};

/** A terminal whose streams a test reads. Without columns they are pipes. */
export async function testTerminal(
  columns?: number,
): Promise<Terminal & Readonly<{ stdout(): string; stderr(): string }>> {
  const open = (): PassThrough =>
    Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns });
  const [stdin, stdout, stderr] = [new PassThrough(), open(), open()];
  const read = (stream: PassThrough): (() => string) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    return () => text;
  };
  return { ...(await terminal(stdin, stdout, stderr, "xterm")), stdout: read(stdout), stderr: read(stderr) };
}

/** Runs what needs no service, such as help: one that asks for any rejects. */
export async function runAlone(
  argv: readonly string[],
  machine = TEST_MACHINE,
): Promise<Readonly<{ code: number; stdout: string; stderr: string }>> {
  const ours = await testTerminal();
  const never = async (): Promise<never> => Promise.reject(new Error("this needs no service"));
  const parts = {
    services: never,
    signedIn: never,
    doctor: never,
    serve: never,
    work: never,
    moveState: never,
    demo: never,
  };
  const entry: Entry = { version: "1", language: "en", calledAs: "gmail-export", machine, terminal: ours, ...parts };
  const code = await runCommand(argv, entry, new AbortController().signal);
  return { code, stdout: ours.stdout(), stderr: ours.stderr() };
}
