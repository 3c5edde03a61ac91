import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

import { expect, test } from "vitest";

/** Programs of others that read what is written here, where this machine has them. */

function has(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A test in which a program of others takes part. Where the machine has none, a test of its own says so. */
export function testWith(program: "python3" | "jq", name: string, body: () => Promise<void>): void {
  if (has(program)) test(name, body);
  else test(`not tried, as there is no ${program} here: ${name}`, () => expect(has(program)).toBe(false));
}

const PRELUDE = `
import csv, email, email.policy, gzip, hashlib, json, mailbox, os, sys
csv.field_size_limit(1 << 30)
path = sys.argv[1]
sha = lambda data: hashlib.sha256(data).hexdigest()
def say(value): print(json.dumps(value))
`;

/** What a Python program says of a path: `say(value)`, JSON, is the answer. */
export async function askPython(program: string, path: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)("python3", ["-c", PRELUDE + program, path], { maxBuffer: 1 << 28 });
  return JSON.parse(stdout);
}

/** What jq says of the lines of a file that is compressed with gzip. */
export async function askJq(filter: string, path: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)("sh", ["-c", 'gzip -dc "$2" | jq -c "$1"', "sh", filter, path], {
    maxBuffer: 1 << 28,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}
