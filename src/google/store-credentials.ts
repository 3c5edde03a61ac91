import { mkdir, rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { bareCause, codeOf } from "../core/bare-cause.ts";
import { failureOf, refuse, type ExportError } from "../core/errors.ts";
import type { PrivateFiles } from "../core/ports/private-files.ts";
import { UTF_16 } from "../core/text-file.ts";
import { parseClientFile } from "./credentials.ts";

/**
 * Puts the text of a client file (0600) where there is no usable one yet; an unusable one is kept as `<path>.unusable`.
 * Throws `credentials_refused` about the text, without repeating any value of it, `credentials_exist`, or `disk`.
 */
export async function storeCredentials(path: string, text: string, files: PrivateFiles): Promise<void> {
  const file = resolve(path);
  const sent = parseClientFile(text);
  if ("fault" in sent) throw refuse("credentials_refused", `What was sent ${sent.fault}.`, sent.next ?? DOWNLOAD);
  let stored: boolean;
  try {
    const found = await files.readFile(file).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      if (codeOf(error) === UTF_16) return ""; // which is unusable, as `readCredentials` says
      throw error; // what cannot be read may be usable: it is not touched
    });
    if (found !== undefined && !("fault" in parseClientFile(found))) throw exists(file);
    if (found !== undefined) await rename(file, `${file}.unusable`);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    stored = await files.createFile(file, text);
  } catch (error) {
    throw failureOf(error) ? error : unwritable(file, error);
  }
  if (!stored) throw exists(file); // another was quicker, or a symbolic link leads nowhere
}

const DOWNLOAD =
  "In the Google Cloud console open Google Auth Platform → Clients, create a client of the type Desktop app, choose " +
  "Download JSON and send that file.";

function exists(file: string): ExportError {
  return refuse(
    "credentials_exist",
    `There is a client file at ${file} already.`,
    `Sign in with it. For another client, move ${file} away on the server's machine first, then send the new one again.`,
  );
}

function unwritable(file: string, error: unknown): ExportError {
  return refuse(
    "disk",
    `The client file ${file} cannot be written (${codeOf(error)}).`,
    "Let the user that runs gmail-export write there, put the file there yourself, or name another place in GOOGLE_CREDENTIALS_PATH.",
    { cause: bareCause(error) },
  );
}
