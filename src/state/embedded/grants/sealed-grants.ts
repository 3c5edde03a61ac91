import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { findAccountFileName } from "../../../core/account.ts";
import { bareCause, codeOf } from "../../../core/bare-cause.ts";
import { ExportError, refuse } from "../../../core/errors.ts";
import type { Grant } from "../../../core/grant.ts";
import type { Grants } from "../../../core/ports/grants.ts";
import type { Lock } from "../../../core/ports/lock.ts";
import type { PrivateFiles } from "../../../core/ports/private-files.ts";
import { createAccountTurns, HOLD_WAIT_MS, stillHeld } from "../../grants/account-turns.ts";
import { counterIn, readGrant, writeGrant } from "../../grants/grant-text.ts";
import type { KeyHolder } from "../../grants/keys.ts";
import { open, seal } from "../../grants/seal.ts";
import type { NewestGrants } from "./newest-grants.ts";

const SUFFIX = ".grant";

/**
 * Grants in a folder (TOKEN_DIR, 0700): one sealed file per account (0600), bound to its name, so that a file put in
 * another's place does not open; nor does an older file of the account's own, where `newest` is kept. `accounts` leaves out the files it cannot open; `load` of such an account says why.
 */
export function sealedGrants(
  folder: string,
  keys: KeyHolder["keys"],
  lock: Lock,
  files: PrivateFiles,
  newest?: NewestGrants,
): Grants {
  const root = resolve(folder);
  /** The text of a grant, and of none but the newest. */
  const openNewest = async (name: string): Promise<string | undefined> => {
    const path = join(root, name + SUFFIX);
    // Before the file is read: whoever stores meanwhile writes the file first, so that it is never older than this.
    const known = await newestOf(name);
    const sealed = await files.readPrivateFile(path).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      if (error instanceof ExportError) throw error;
      const message = `A stored sign-in cannot be read (${codeOf(error)}).`;
      const next = `Let the user that runs gmail-export read ${path}.`;
      throw refuse("grant_unreadable", message, next, { cause: bareCause(error) });
    });
    if (sealed === undefined) return undefined;
    const { current, former } = await keys();
    const text = open(current, name, sealed) ?? (former && open(former, name, sealed));
    if (text === undefined || readGrant(text) === undefined) throw damaged(path);
    if (counterIn(text) < known) throw replaced(path);
    return text;
  };

  const newestOf = async (name: string): Promise<number> =>
    reportFolderErrors(root, async () => (await newest?.read(name)) ?? 0);

  const load = async (name: string): Promise<Grant | undefined> => {
    const text = await openNewest(name);
    return text === undefined ? undefined : readGrant(text);
  };

  /** One more than any that was stored, or would be accepted. */
  const nextCounter = async (name: string): Promise<number> => {
    const text = await openNewest(name).catch(() => undefined); // what cannot be opened is replaced
    return Math.max(await newestOf(name), text === undefined ? 0 : counterIn(text)) + 1;
  };

  /** Holds an account for this process, then does the work. */
  const locked = async <T>(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    signal.throwIfAborted();
    await reportFolderErrors(root, () => files.privateFolder(root));
    await using held = await lock(join(root, `${name}.lock`), HOLD_WAIT_MS, signal);
    if (held === undefined) throw stillHeld();
    return await work();
  };

  const stored = async (): Promise<readonly string[]> => {
    const found = await reportFolderErrors(root, () =>
      readdir(root).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
      }),
    );
    return found.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length));
  };

  /** The name of an account's file, there or yet to be made: Google may have spelled the address in another way. */
  const nameOf = async (account: string): Promise<string> => findAccountFileName(await stored(), account);

  return {
    load: async (account) => load(await nameOf(account)),

    async save(grant) {
      const name = await nameOf(grant.account);
      const { current } = await keys();
      await reportFolderErrors(root, async () => {
        await files.privateFolder(root);
        const counter = newest ? await nextCounter(name) : 0;
        await files.replaceFile(join(root, name + SUFFIX), seal(current, name, writeGrant(grant, counter)));
        // After it: cut short in between, the grant is newer than what is known, which does no harm.
        await newest?.remember(name, counter);
      });
    },

    async remove(account) {
      const name = await nameOf(account);
      await reportFolderErrors(root, async () => {
        const isStored = (await stored()).includes(name);
        const counter = newest && isStored ? await nextCounter(name) : undefined;
        await files.removeFile(join(root, name + SUFFIX));
        if (counter !== undefined) await newest?.remember(name, counter);
      });
    },

    stored,

    async accounts() {
      const names = await stored();
      const grants = await Promise.all(names.map((name) => load(name).catch(() => undefined)));
      return grants.flatMap((grant) => (grant === undefined ? [] : [grant.account]));
    },

    lockAccount: createAccountTurns(locked),
  };
}

/** Paths hold addresses: they are for the person (`next`), not for the log (`message`). */
function damaged(path: string): ExportError {
  return refuse(
    "grant_unreadable",
    "A stored sign-in is damaged, or was sealed with another key.",
    `Put back the key it was sealed with (TOKEN_ENCRYPTION_KEY, or the file key in STATE_DIR), or the file ${path} as it ` +
      "was; or sign in again, which replaces it.",
  );
}

function replaced(path: string): ExportError {
  return refuse(
    "grant_unreadable",
    "A stored sign-in is older than the last one of its account: an older file was put back.",
    `Sign in again, which replaces ${path}. Whoever restores a backup restores TOKEN_DIR and STATE_DIR together.`,
  );
}

async function reportFolderErrors<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = `The folder of sign-ins ${root} cannot be used (${codeOf(error)}).`;
    const next = "Let the user that runs gmail-export own that folder and see that its disk has room, then try again.";
    throw refuse("disk", message, next, { cause: bareCause(error) });
  }
}
