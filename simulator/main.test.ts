import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { expect, test } from "vitest";

const start = (...args: string[]) => spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args]);

test("the command says where it is, writes the credentials for its owner alone, and stops when asked", async () => {
  const directory = await mkdtemp(join(tmpdir(), "simulator-"));
  const file = join(directory, "credentials.json");
  const command = start("--messages", "5", "--account", "bob@example.com", "--quota", "2026", "--credentials", file);
  const line = String((await once(command.stdout, "data"))[0]);
  const { url, account, credentials }: Record<string, string> = JSON.parse(line);
  expect([account, credentials]).toEqual(["bob@example.com", file]);
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ installed: { token_uri: `${url}/token` } });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await fetch(`${url}/gmail/v1/users/me/profile`)).status).toBe(401);
  command.kill("SIGTERM");
  expect(await once(command, "exit")).toEqual([0, null]);
  await rm(directory, { recursive: true });
});

test("--help names every option and ends well", async () => {
  const command = start("--help");
  const [help, [code]] = await Promise.all([text(command.stdout), once(command, "exit")]);
  expect(code).toBe(0);
  for (const option of ["--port", "--messages", "--quota", "--meter", "--credentials"])
    expect(help).toMatch(new RegExp(`^  ${option} .*\\w`, "m"));
});

test.each([
  [["--port", "any"], '--port needs a number, not "any"'],
  [["--quota", "2025"], "--quota is 2026 or legacy"],
  [["--account", "ada"], '--account needs an address, not "ada"'],
  [["--colour", "red"], "--colour"],
  [["--quota", "2026", "--meter", "hourly"], "--meter is one of sliding, fixed, bucket"],
  [["--quota", "2026", "--refusals-name", "me"], "--refusals-name is one of limit, window, both, nothing"],
  [["--meter", "fixed"], "a meter needs --quota"],
  [["--quota", "2026", "--burst-seconds", "5"], "--burst-seconds needs --meter bucket"],
  [["--quota", "2026", "--minute-began", "5"], "--minute-began needs --meter fixed"],
])("%j ends with a reason and exit code 2", async (args, reason) => {
  const command = start(...args);
  const [complaint, [code]] = await Promise.all([text(command.stderr), once(command, "exit")]);
  expect(complaint).toContain(reason);
  expect(complaint).toContain("Usage:");
  expect(code).toBe(2);
});
