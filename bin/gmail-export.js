#!/usr/bin/env node
import { mkdirSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";

import { bundledNode, runWith } from "./bundled-node.js";

// Plain JavaScript that any Node can read: under an older one the Node that npm installed beside it goes on, or else it is
// told what it lacks, not shown a syntax error.
if (Number(process.versions.node.split(".")[0]) < 24) {
  const node = process.env.GMAIL_EXPORT_STARTED_ANEW ? undefined : bundledNode(); // once: it could be disguised as an old one
  if (node === undefined) {
    console.error(
      `gmail-export needs Node 24 or newer; this is ${process.version}.\nInstall it from https://nodejs.org.`,
    );
    process.exit(3);
  }
  runWith(node);
} else await start();

async function start() {
  // V8 lets garbage grow with the memory of the machine, and glibc keeps ever more of what was freed for itself once large
  // blocks come and go. An export runs for hours beside other things: it stays small instead (docs/adr/0008). How large the
  // young generation is, and what glibc keeps, only a new program can be told.
  const heap = ["--min-semi-space-size=4", "--max-semi-space-size=4"];
  const isSecond = process.execArgv.includes(heap[0]);
  if (process.platform === "linux" && isLong(process.argv[2]) && !isSecond)
    process.execve(process.execPath, [process.execPath, ...heap, ...process.execArgv, ...process.argv.slice(1)], {
      ...process.env,
      MALLOC_TRIM_THRESHOLD_: process.env.MALLOC_TRIM_THRESHOLD_ ?? "131072",
    });
  if (!isSecond) setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=100");

  // Half of a command's start is compiling what it loads, so that is kept: in a folder of this user alone, as code that
  // somebody else put into a shared one would be run. After the flags: V8 takes no code that was compiled under others.
  try {
    const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "gmail-export");
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    module.enableCompileCache(cache);
    process.env.NODE_COMPILE_CACHE ??= cache; // its threads go by the environment alone
  } catch {
    // There is no place for it; the start takes a little longer.
  }

  /** Whether a command goes on for hours, so that its memory is worth a second start (0.03 s). */
  function isLong(command) {
    return command === "export" || command === "serve";
  }

  // A defect is told by where it was met: its message may quote mail.
  process.on("uncaughtException", (error) => {
    const frames = String(error?.stack)
      .split("\n")
      .filter((line) => /^ +at /.test(line));
    console.error(
      ["A defect of gmail-export; please report these lines:", error?.name ?? "Error", ...frames].join("\n"),
    );
    process.exit(1);
  });

  const stop = new AbortController();
  // A server that npm started ends with npm, however that ends.
  const { ppid } = process;
  if (process.env.npm_lifecycle_event !== undefined && process.argv[2] === "serve")
    setInterval(() => {
      if (process.ppid !== ppid) stop.abort();
    }, 1_000).unref();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130); // asked twice: leave at once, which is no worse than a crash
      stop.abort();
    });

  const { main } = await import("../src/main.ts");
  process.exitCode = await main(process.argv.slice(2), process.env, stop.signal);
}
