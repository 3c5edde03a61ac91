import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Runs a script of sh (POSIX) with these positional parameters, in this folder, with this environment alone. */
export async function runScript(
  script: string,
  parameters: readonly string[],
  { cwd, env }: Readonly<{ cwd: string; env: Readonly<Record<string, string>> }>,
): Promise<Readonly<{ code: number | null; stdout: string; stderr: string }>> {
  const child = spawn("sh", ["-c", script, "sh", ...parameters], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}
