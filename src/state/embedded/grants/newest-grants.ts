import { join, resolve } from "node:path";

import { codeOf } from "../../../core/bare-cause.ts";
import type { PrivateFiles } from "../../../core/ports/private-files.ts";

/**
 * Which of an account's grants is the newest, told apart from where they rest: whoever puts an older file back into
 * TOKEN_DIR, from a backup or to undo a sign-out, does not thereby change what is known here. `name` is the account's
 * file name.
 */
export type NewestGrants = Readonly<{
  /** 0 for an account that nothing is known of. Rejects where the number cannot be read. */
  read(name: string): Promise<number>;
  remember(name: string, counter: number): Promise<void>;
}>;

/** In a folder of STATE_DIR, a small file for each account. */
export function newestGrantsIn(folder: string, files: PrivateFiles): NewestGrants {
  const pathOf = (name: string): string => join(resolve(folder), `${name}.counter`);
  return {
    async read(name) {
      const text = await files.readPrivateFile(pathOf(name)).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return "0";
        throw error;
      });
      if (!/^\d{1,15}\s*$/.test(text)) throw new Error("no number");
      return Number(text);
    },
    async remember(name, counter) {
      await files.privateFolder(resolve(folder));
      await files.replaceFile(pathOf(name), `${counter}\n`);
    },
  };
}
