import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { FailureCode } from "../src/core/errors.ts";
import { statusOf } from "../src/surfaces/http/contract/problem.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

const ticked = (text: string): string[] => [...text.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code!);

/** Codes of failures, as core/errors.ts lists them. */
async function failureCodes(): Promise<FailureCode[]> {
  const text = await read("src/core/errors.ts");
  const unions = text.slice(text.indexOf("export type FinalCode"), text.indexOf("export type FailureCode"));
  return [...unions.matchAll(/"([a-z_]+)"/g)].map(([, code]) => code as FailureCode);
}

/** Codes that only HTTP has, with their statuses, as its routes name them side by side. */
async function httpCodes(): Promise<[status: number, code: string][]> {
  const folder = "src/surfaces/http";
  const files = (await readdir(join(root, folder), { recursive: true })).filter((name) =>
    /^(?!.*\.test\.ts$).*\.ts$/.test(name),
  );
  const texts = await Promise.all(files.map((name) => read(join(folder, name))));
  return texts.flatMap((text) =>
    [...text.matchAll(/\b([45]\d\d),\s*"([a-z_]+)"/g)].map(([, status, code]): [number, string] => [
      Number(status),
      code!,
    ]),
  );
}

test("troubleshooting.md has every code there is, and no other", async () => {
  const tables = (await read("docs/troubleshooting.md")).split("\n\n").filter((part) => part.startsWith("| code |"));
  const told = tables.flatMap((table) =>
    table
      .split("\n")
      .slice(2)
      .flatMap((row) => ticked(row.split("|")[1]!)),
  );
  const codes = new Set([...(await failureCodes()), ...(await httpCodes()).map(([, code]) => code)]);
  expect(codes.size).toBeGreaterThan(40);
  expect(told.toSorted()).toEqual([...codes].toSorted());
});

test("api.md has every code with its status, and no other", async () => {
  const table = (await read("docs/api.md")).split("\n\n").find((part) => part.startsWith("| status | codes |"))!;
  const told = table
    .split("\n")
    .slice(2)
    .flatMap((row) => ticked(row.replace(/\(.*?\)/g, "")).map((code) => `${row.split("|")[1]!.trim()} ${code}`));
  const failures = (await failureCodes()).map((code) => `${statusOf(code)} ${code}`);
  const others = (await httpCodes()).map(([status, code]) => `${status} ${code}`);
  expect(told.toSorted()).toEqual([...new Set([...failures, ...others])].toSorted());
});

test("cli.md has every code of a failure with its exit code", async () => {
  const rows = (await read("docs/cli.md")).split("\n").filter((row) => /^\| \d+ \|/.test(row));
  expect(rows.flatMap((row) => ticked(row.split("|")[3]!.split(";")[0]!)).toSorted()).toEqual(
    (await failureCodes()).toSorted(),
  );
});
