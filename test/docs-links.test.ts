import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** As GitHub makes it of a heading: lower case, words joined by hyphens, all else left out. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/[`*]|\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

async function pages(): Promise<Map<string, string>> {
  const docs = (await readdir(join(root, "docs"), { recursive: true })).map((name) => join("docs", name));
  const top = await readdir(root);
  const names = [...top, ...docs].filter((name) => name.endsWith(".md"));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(root, name), "utf8")] as const)),
  );
}

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, "");

test("every link from page to page leads to a file, and every anchor to a heading, that there is", async () => {
  const all = await pages();
  const anchors = new Map(
    [...all].map(([name, text]) => [
      name,
      new Set([...withoutCode(text).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) => anchorOf(heading!.trim()))),
    ]),
  );
  const dead: string[] = [];
  let links = 0;
  for (const [name, text] of all)
    for (const [, target] of withoutCode(text).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [path = "", anchor] = target!.split("#");
      const page = path === "" ? name : relative(root, join(root, dirname(name), path));
      links += 1;
      const exists =
        all.has(page) ||
        (await readFile(join(root, page)).then(
          () => true,
          (error: unknown) => (error as NodeJS.ErrnoException).code === "EISDIR",
        ));
      if (!exists || (anchor !== undefined && anchors.get(page)?.has(anchor) !== true)) dead.push(`${name}: ${target}`);
    }
  expect(links).toBeGreaterThan(30);
  expect(dead).toEqual([]);
});

test("every source file that a page names is there", async () => {
  const folders = ["src", "simulator", "test", "fuzz", "bench", "bin", "scripts"];
  const found = await Promise.all(folders.map((folder) => readdir(join(root, folder), { recursive: true })));
  const files = folders.flatMap((folder, n) => found[n]!.map((name) => `/${join(folder, name)}`));
  const named = [...(await pages())].flatMap(([page, text]) =>
    [...text.matchAll(/`((?!\.\/)(?:[\w.-]+\/)*[\w.-]+\.tsx?)`/g)].map(([, name]) => ({ page, name: name! })),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ name }) => !files.some((file) => file.endsWith(`/${name}`)))).toEqual([]);
});

test("the pictures of the README are there for both schemes, and smaller than 100 kB each", async () => {
  for (const page of ["README.md", "README.fr.md"]) {
    const text = await readFile(join(root, page), "utf8");
    const names = [...text.matchAll(/(?:srcset|src)="([^"]+\.png)"/g)].map(([, name]) => name!);
    expect(names.toSorted()).toEqual(["docs/console-dark.png", "docs/console-light.png"]);
    for (const name of names) expect((await readFile(join(root, name))).length, name).toBeLessThan(100_000);
  }
});
