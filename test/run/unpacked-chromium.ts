import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const CACHE = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "chromium");

/** Unpacks into the folder for temporary files, which here is one of our own. */
const UNPACK = `
  const { default: chromium, inflate } = await import("@sparticuz/chromium");
  await Promise.all([chromium.executablePath(), inflate(process.argv[1])]);
`;

type Unpacked = Readonly<{ executablePath: string; libraries: string }>;

/**
 * The browser of the npm package as files. The package itself unpacks into /tmp, where another process may find half of it
 * and where anybody may have put another program; here it is unpacked aside and renamed, in a folder that only this user
 * may write.
 */
export async function unpackedChromium(): Promise<Unpacked> {
  const archives = join(dirname(require.resolve("@sparticuz/chromium")), "..", "bin");
  const about = JSON.parse(await readFile(join(archives, "..", "package.json"), "utf8")) as { version: string };
  const folder = join(CACHE, `${about.version}-${process.arch}`);
  const unpacked = { executablePath: join(folder, "chromium"), libraries: join(folder, "al2023", "lib") };
  await mkdir(CACHE, { recursive: true, mode: 0o700 });
  if (await isOurs(CACHE, folder)) return unpacked;
  const aside = await mkdtemp(join(CACHE, "unpacking-"));
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", UNPACK, join(archives, "al2023.tar.br")], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: aside },
  });
  await rm(folder, { recursive: true, force: true });
  await rename(aside, folder).catch(async (error: unknown) => {
    await rm(aside, { recursive: true, force: true });
    if (!(await isOurs(CACHE, folder))) throw error; // otherwise another run was faster
  });
  return unpacked;
}

/** Whether these are there, and only this user may write them. */
async function isOurs(...folders: string[]): Promise<boolean> {
  const found = await Promise.all(folders.map((folder) => stat(folder).catch(() => undefined)));
  return found.every((one) => one !== undefined && one.uid === process.getuid?.() && (one.mode & 0o022) === 0);
}
