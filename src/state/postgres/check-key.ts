import { refuse } from "../../core/errors.ts";
import type { KeyHolder } from "../grants/keys.ts";
import { open, seal } from "../grants/seal.ts";
import type { Database } from "./database.ts";

const CONTEXT = "key of this database";

/**
 * Whether our key is that of the deployment whose database this is: a text lies there that it alone opens. Where there is
 * none yet, it is put there; where the former key opens it, it is sealed anew. Throws `key_unusable`.
 */
export async function checkKey(database: Database, keys: KeyHolder["keys"], { onlyLooks = false } = {}): Promise<void> {
  const { current, former } = await keys();
  const find = async (): Promise<string | undefined> => {
    const [row] = await database.query<{ sealed: string }>("select sealed from gmail_export.key_check");
    return row?.sealed;
  };
  let sealed = await find();
  if (onlyLooks && sealed === undefined) return;
  if (sealed === undefined) {
    // Of several that start at once the first one's stays.
    await database.query(
      "insert into gmail_export.key_check (single, sealed) values (true, $1) on conflict (single) do nothing",
      [seal(current, CONTEXT, CONTEXT)],
    );
    sealed = await find();
  }
  if (sealed !== undefined && open(current, CONTEXT, sealed) !== undefined) return;
  if (sealed === undefined || former === undefined || open(former, CONTEXT, sealed) === undefined)
    throw refuse(
      "key_unusable",
      `What lies in the database at ${database.address} was sealed with another key than this TOKEN_ENCRYPTION_KEY.`,
      "Set the same TOKEN_ENCRYPTION_KEY on every machine (with TOKEN_ENCRYPTION_KEY_FORMER while it changes), or give this deployment a database of its own.",
    );
  if (onlyLooks) return;
  await database.query("update gmail_export.key_check set sealed = $1 where sealed = $2", [
    seal(current, CONTEXT, CONTEXT),
    sealed,
  ]);
}
