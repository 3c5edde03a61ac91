import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

/** Where the Node is that npm installed with this program; undefined where there is none for this machine. */
export function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

/** Starts this very command line anew with another Node, and ends as that does. */
export function runWith(node) {
  const env = { ...process.env, GMAIL_EXPORT_STARTED_ANEW: "1" };
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both: told twice, the program would leave at once.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  child.on("error", (error) => {
    console.error(`${node} cannot be started (${error.code}).`);
    process.exit(3);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
