import { join } from "node:path";

import { codeOf } from "../../core/bare-cause.ts";
import type { PrivateFiles } from "../../core/ports/private-files.ts";
import type { MoveMark } from "../../core/ports/stored-state.ts";
import { parseMark } from "../move/move-mark.ts";

const fileIn = (stateDir: string): string => join(stateDir, "moved.json");

/** What a move of the state left in STATE_DIR. Throws `settings_invalid` where that cannot be read. */
export async function readMark(stateDir: string, files: PrivateFiles): Promise<MoveMark | undefined> {
  const text = await files.readFile(fileIn(stateDir)).catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    return "";
  });
  return text === undefined ? undefined : parseMark(text, stateDir);
}

export async function writeMark(stateDir: string, files: PrivateFiles, mark: MoveMark | undefined): Promise<void> {
  await files.privateFolder(stateDir);
  if (mark === undefined) await files.removeFile(fileIn(stateDir));
  else await files.replaceFile(fileIn(stateDir), `${JSON.stringify(mark)}\n`);
}
