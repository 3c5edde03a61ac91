import { createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { refuse } from "../../core/errors.ts";
import type { Secret } from "../../core/ports.ts";
import { bareCause, codeOf } from "./bare-cause.ts";
import { createFile, privateFolder } from "../private-file.ts";

const KEY_BYTES = 32;

/**
 * The key that seals grants: `explicit` (TOKEN_ENCRYPTION_KEY, base64) when given, or else the one in `path`
 * (STATE_DIR/key), made there when there is none; processes that start together end with the same one.
 * Throws `key_unusable`.
 */
export async function readKey(explicit: Secret | undefined, path: string): Promise<KeyObject> {
  if (explicit !== undefined) {
    const next = "Set TOKEN_ENCRYPTION_KEY to what `openssl rand -base64 32` prints, or leave it out.";
    return parseKey(explicit.reveal(), "TOKEN_ENCRYPTION_KEY", next);
  }
  const file = resolve(path);
  const text = await readOrCreate(file).catch((error: unknown) => {
    const message = `The key file ${file} can neither be read nor made (${codeOf(error)}).`;
    const next = "Let the user that runs gmail-export read and write there, or set TOKEN_ENCRYPTION_KEY.";
    throw refuse("key_unusable", message, next, { cause: bareCause(error) });
  });
  const next = `Put the key back as it was. If it is lost, remove ${file}: a new one is made, and everybody signs in again.`;
  return parseKey(text, `The key file ${file}`, next);
}

/** The same for who only looks: no file is made, and where there is none this is a key that opens nothing. */
export async function existingKey(explicit: Secret | undefined, path: string): Promise<KeyObject> {
  const missing = await readIfThere(resolve(path)).then(
    (text) => text === undefined,
    () => false, // readKey says why
  );
  return explicit === undefined && missing ? createSecretKey(randomBytes(KEY_BYTES)) : readKey(explicit, path);
}

async function readOrCreate(file: string): Promise<string> {
  const text = await readIfThere(file);
  if (text !== undefined) return text;
  await privateFolder(dirname(file));
  await createFile(file, `${randomBytes(KEY_BYTES).toString("base64")}\n`);
  return readFile(file, "utf8"); // another process may have been first
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function parseKey(text: string, name: string, next: string): KeyObject {
  const base64 = text.trim();
  const bytes = Buffer.from(base64, "base64");
  // Node decodes around what is not base64; 32 bytes are 43 digits and one "=".
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(base64) || bytes.length !== KEY_BYTES)
    throw refuse("key_unusable", `${name} is not ${KEY_BYTES} bytes in base64.`, next);
  return createSecretKey(bytes);
}
