import { createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { dirname, resolve } from "node:path";

import { bareCause, codeOf } from "../../../core/bare-cause.ts";
import { ExportError, refuse } from "../../../core/errors.ts";
import type { PrivateFiles } from "../../../core/ports/private-files.ts";
import { IS_UTF_16, UTF_16 } from "../../../core/text-file.ts";
import { newKeyText, parseKey, type KeyHolder } from "../../grants/keys.ts";

/**
 * The key is in a file (STATE_DIR/key, 0600), made there when there is none; processes that start together end with the
 * same one. While a change is under way the one before is beside it, in `key.former`.
 */
export function keyInFile(path: string, files: PrivateFiles): KeyHolder {
  const file = resolve(path);
  const beside = formerOf(file);
  const keys: KeyHolder["keys"] = async () => {
    const current = keyFrom(await onFile(file, () => readOrCreate(file, files)), file);
    const former = await onFile(file, () => readIfThere(beside, files));
    return { current, former: former === undefined ? undefined : keyFrom(former, beside) };
  };
  return {
    keys,
    change: {
      async renew() {
        const { current } = await keys();
        await onFile(file, async () => {
          await files.createFile(beside, `${current.export().toString("base64")}\n`);
          await files.replaceFile(file, `${newKeyText()}\n`);
        });
      },
      settle: () => onFile(file, () => files.removeFile(beside)),
    },
  };
}

/** The same for who only looks: no file is made, and where there is none this is a key that opens nothing. */
export function existingKeyInFile(path: string, files: PrivateFiles): KeyHolder {
  const file = resolve(path);
  return {
    async keys() {
      const missing = (await onFile(file, () => readIfThere(file, files))) === undefined;
      return missing ? { current: createSecretKey(randomBytes(32)), former: undefined } : keyInFile(path, files).keys();
    },
  };
}

function formerOf(file: string): string {
  return `${file}.former`;
}

function keyFrom(text: string, file: string): KeyObject {
  const next = `Put the key back as it was. If it is lost, remove ${file}: a new one is made, and everybody signs in again.`;
  return parseKey(text, `The key file ${file}`, next);
}

async function readOrCreate(file: string, files: PrivateFiles): Promise<string> {
  const text = await readIfThere(file, files);
  if (text !== undefined) return text;
  await files.privateFolder(dirname(file));
  await files.createFile(file, `${newKeyText()}\n`);
  return files.readPrivateFile(file); // another process may have been first
}

async function readIfThere(file: string, files: PrivateFiles): Promise<string | undefined> {
  try {
    return await files.readPrivateFile(file);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function onFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExportError) throw error;
    if (codeOf(error) === UTF_16)
      throw refuse("key_unusable", `The key file ${file} ${IS_UTF_16}.`, "It is one line of base64, and nothing else.");
    throw refuse(
      "key_unusable",
      `The key file ${file} can neither be read nor made (${codeOf(error)}).`,
      "Let the user that runs gmail-export read and write there, or set TOKEN_ENCRYPTION_KEY.",
      { cause: bareCause(error) },
    );
  }
}
