import { failureOf } from "../../core/errors.ts";
import type { ChooseDirectory } from "../../core/ports/export-directory.ts";
import type { OpenStorage } from "../../core/ports/storage.ts";

/** Names a directory for an account's mail with nothing in it, near one that is taken; undefined where none is found. */
export type FindFree = (account: string, taken: string) => Promise<string | undefined>;

/** After so many names that are taken, a person has one of their own. */
const TRIES = 99;

/** Beside the taken one, or, where that would lie outside EXPORT_DIR, beside the account's own folder. */
export function findFreeIn(storages: OpenStorage, chooseDirectory: ChooseDirectory): FindFree {
  const freeOf = async (account: string, name: string | undefined): Promise<string | undefined> => {
    try {
      const path = await chooseDirectory(account, name);
      return ((await storages(path).list()) ?? []).length === 0 ? path : undefined;
    } catch (error) {
      if (failureOf(error)) return undefined; // outside EXPORT_DIR, too long a name, or not ours to read
      throw error;
    }
  };
  return async (account, taken) => {
    const own = await chooseDirectory(account, undefined);
    for (const near of [taken, own])
      for (let number = near === own ? 1 : 2; number <= TRIES; number += 1) {
        const path = await freeOf(account, number === 1 ? undefined : `${near}-${number}`);
        if (path !== undefined) return path;
      }
    return undefined;
  };
}
