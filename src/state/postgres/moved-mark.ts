import type { MoveMark } from "../../core/ports/stored-state.ts";
import { parseMark } from "../move/move-mark.ts";
import type { Database } from "./database.ts";

/** What a move of the state left here. Throws `settings_invalid` where that cannot be read. */
export async function readMark({ query, address }: Database): Promise<MoveMark | undefined> {
  const [row] = await query<{ mark: string }>("select mark from gmail_export.moved");
  return row && parseMark(row.mark, address);
}

export async function writeMark({ query }: Database, mark: MoveMark | undefined): Promise<void> {
  if (mark === undefined) await query("delete from gmail_export.moved");
  else
    await query(
      `insert into gmail_export.moved (single, mark) values (true, $1)
       on conflict (single) do update set mark = excluded.mark`,
      [JSON.stringify(mark)],
    );
}
