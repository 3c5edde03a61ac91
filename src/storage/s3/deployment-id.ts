import { join } from "node:path";

import type { PrivateFiles } from "../../core/ports/private-files.ts";

/** Names a deployment on one machine: a word that nobody else has, made once and kept in its STATE_DIR. */
export async function deploymentId(stateDir: string, files: PrivateFiles, newId: () => string): Promise<string> {
  const path = join(stateDir, "deployment");
  await files.privateFolder(stateDir);
  await files.createFile(path, newId());
  return (await files.readFile(path)).trim();
}
