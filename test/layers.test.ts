import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** Who may import whom: one room of the house, another. A source, storage or state store knows no other; `main.ts` alone knows them all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  formats: ["core"],
  pipeline: ["core", "formats"],
  sources: ["core", "formats"],
  storage: ["core", "formats"],
  state: ["core", "formats"],
  google: ["core", "formats", "state"],
  search: ["core", "formats"],
  doctor: ["core"],
  surfaces: ["core", "formats", "pipeline", "doctor"],
  simulator: [],
};

/** `src/sources/gmail-api/client.ts` is in `sources`; `src/config.ts`, in no room, is in `root`. */
function layerOf(path: string): string {
  const [top, second, third] = path.split("/");
  if (top === "simulator") return "simulator";
  return top !== "src" || second === undefined || third === undefined ? "root" : second;
}

async function importsIn(folder: string): Promise<{ file: string; imported: string }[]> {
  const found: { file: string; imported: string }[] = [];
  for (const name of await readdir(join(root, folder), { recursive: true })) {
    const file = join(folder, name);
    if (!/\.tsx?$/.test(file) || file.endsWith(".test.ts") || file.endsWith("testing.ts")) continue;
    const text = await readFile(join(root, file), "utf8");
    for (const [, target] of text.matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+)"/g))
      found.push({ file, imported: relative(root, join(root, dirname(file), target!)) });
  }
  return found;
}

test("every import points down the layers", async () => {
  const imports = [...(await importsIn("src")), ...(await importsIn("simulator"))];
  expect(imports.length).toBeGreaterThan(100);
  const wrong = imports.filter(({ file, imported }) => {
    const [from, to] = [layerOf(file), layerOf(imported)];
    return from !== "root" && from !== to && !MAY_IMPORT[from]?.includes(to);
  });
  expect(wrong).toEqual([]);
});

test("only main.ts knows every room", async () => {
  const outsiders = (await importsIn("src")).filter(
    ({ file, imported }) =>
      layerOf(file) === "root" &&
      file !== "src/main.ts" &&
      /sources|storage|state|google|search|surfaces/.test(imported),
  );
  expect(outsiders).toEqual([]);
});

test("time, chance and the network come as arguments: nothing below main.ts reaches for the global ones", async () => {
  const offenders: string[] = [];
  for (const name of await readdir(join(root, "src"), { recursive: true })) {
    const path = join("src", name);
    if (!/\.tsx?$/.test(path) || path.endsWith(".test.ts") || path.endsWith("testing.ts")) continue;
    if (layerOf(path) === "root" || path.startsWith("src/surfaces/console/")) continue; // a page has the browser's own
    const code = (await readFile(join(root, path), "utf8")).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    if (/\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval)\(|globalThis\.fetch/.test(code))
      offenders.push(path);
  }
  expect(offenders).toEqual([]);
});
