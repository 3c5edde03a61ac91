import type { z } from "zod";

import type { Changes } from "../../http/mail/change-view.ts";
import { call } from "../api.ts";

type Page = Readonly<z.infer<typeof Changes>>;
export type Change = Page["changes"][number];

/** What is looked for among the changes; "" asks for nothing, `since` is a day: YYYY-MM-DD. */
export type ChangeQuestion = Readonly<{ words: string; since: string }>;

const PAGE_SIZE = 50;

export function getChanges(
  id: string,
  { words, since }: ChangeQuestion,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const query = new URLSearchParams({
    limit: String(PAGE_SIZE),
    ...(words.trim() !== "" && { q: words.trim() }),
    ...(since !== "" && { since }),
    ...(cursor !== undefined && { cursor }),
  });
  return call("GET", `/exports/${encodeURIComponent(id)}/changes?${query.toString()}`, { signal });
}
