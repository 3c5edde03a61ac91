import { createHash } from "node:crypto";
import { join } from "node:path";

import type { PrivateFiles } from "../../core/ports/private-files.ts";
import type { Secret } from "../../core/secret.ts";

/** Names a deployment of many machines by the key that all of them have, which cannot be told from it. */
export function sharedDeploymentId(key: Secret): string {
  return createHash("sha256").update(`deployment of ${key.reveal()}`).digest("hex").slice(0, 32);
}

/** Names a deployment on one machine: a word that nobody else has, made once and kept in its STATE_DIR. */
export async function deploymentId(stateDir: string, files: PrivateFiles, newId: () => string): Promise<string> {
  const path = join(stateDir, "deployment");
  await files.privateFolder(stateDir);
  await files.createFile(path, newId());
  return (await files.readFile(path)).trim();
}
