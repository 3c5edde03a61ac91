import { findAccountFileName } from "../../core/account.ts";
import { ExportError, refuse } from "../../core/errors.ts";
import type { Grants } from "../../core/ports/grants.ts";
import { createAccountTurns, HOLD_WAIT_MS, stillHeld } from "../grants/account-turns.ts";
import { counterIn, readGrant, writeGrant } from "../grants/grant-text.ts";
import type { KeyHolder } from "../grants/keys.ts";
import { open, seal } from "../grants/seal.ts";
import type { Database } from "./database.ts";
import type { Leases } from "./leases.ts";

/** Grants in a table, sealed as files of TOKEN_DIR are: each is bound to its name, and does not open in another's place. */
export function postgresGrants(database: Database, keys: KeyHolder["keys"], leases: Leases): Grants {
  const openText = async (name: string): Promise<string | undefined> => {
    const [row] = await database.query<{ sealed: string }>("select sealed from gmail_export.grants where name = $1", [
      name,
    ]);
    if (row === undefined) return undefined;
    const { current, former } = await keys();
    const text = open(current, name, row.sealed) ?? (former && open(former, name, row.sealed));
    if (text === undefined || readGrant(text) === undefined) throw damaged();
    return text;
  };

  const load = async (name: string) => {
    const text = await openText(name);
    return text === undefined ? undefined : readGrant(text);
  };

  const stored = async (): Promise<readonly string[]> => {
    const rows = await database.query<{ name: string }>("select name from gmail_export.grants order by name");
    return rows.map(({ name }) => name);
  };

  /** Google may have spelled the address in another way than now. */
  const nameOf = async (account: string): Promise<string> => findAccountFileName(await stored(), account);

  /** Holds an account for this process, then does the work. */
  const locked = async <T>(account: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    signal.throwIfAborted();
    await using held = await leases.take(`grant ${account}`, HOLD_WAIT_MS, signal);
    if (held === undefined) throw stillHeld();
    return await work();
  };

  return {
    load: async (account) => load(await nameOf(account)),

    async save(grant) {
      const name = await nameOf(grant.account);
      const { current } = await keys();
      const before = await openText(name).catch(() => undefined); // what cannot be opened is replaced
      const counter = (before === undefined ? 0 : counterIn(before)) + 1;
      await database.query(
        `insert into gmail_export.grants (name, sealed) values ($1, $2)
         on conflict (name) do update set sealed = excluded.sealed`,
        [name, seal(current, name, writeGrant(grant, counter))],
      );
    },

    async remove(account) {
      await database.query("delete from gmail_export.grants where name = $1", [await nameOf(account)]);
    },

    stored,

    async accounts() {
      const grants = await Promise.all((await stored()).map((name) => load(name).catch(unlessDatabase)));
      return grants.flatMap((grant) => (grant === undefined ? [] : [grant.account]));
    },

    lockAccount: createAccountTurns(locked),
  };
}

/** A grant that cannot be read is left out; a database that does not answer says nothing of any grant. */
function unlessDatabase(error: unknown): undefined {
  if (error instanceof ExportError && error.failure.code === "grant_unreadable") return undefined;
  throw error;
}

function damaged(): ExportError {
  return refuse(
    "grant_unreadable",
    "A stored sign-in is damaged, or was sealed with another key.",
    "Set the key it was sealed with (TOKEN_ENCRYPTION_KEY, or TOKEN_ENCRYPTION_KEY_FORMER), or sign in again, which replaces it.",
  );
}
