import { randomUUID } from "node:crypto";
import { chmod, link, mkdir, open, rename, stat, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a folder that only its owner may enter, or makes an existing one so, whatever the umask. */
export async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { mode } = await stat(path);
  if ((mode & 0o777) !== 0o700) await chmod(path, 0o700);
}

/** Replaces a file, whole and durable or not at all; only its owner may read it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await viaPart(path, text, (part) => rename(part, path));
}

/** Writes a file where there is none, whole and durable. False: somebody else's stands there, and is kept. */
export async function createFile(path: string, text: string): Promise<boolean> {
  try {
    // A link, unlike a rename, fails where a file stands; and unlike an exclusive open, shows the file when it is whole.
    await viaPart(path, text, async (part) => {
      await link(part, path);
      await unlink(part);
    });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function viaPart(path: string, text: string, publish: (part: string) => Promise<void>): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(part, text, { flag: "wx", mode: 0o600, flush: true });
    await publish(part);
  } catch (error) {
    await unlink(part).catch(() => undefined); // not there when it could not be made
    throw error;
  }
  await using folder = await open(dirname(path), "r");
  await folder.sync(); // the name itself survives a power cut
}
