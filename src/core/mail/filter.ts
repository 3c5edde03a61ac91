/** Which mail is wanted. Field meanings are those of Gmail's messages.list: `q`, `labelIds`, `includeSpamTrash`. */
export type Filter = Readonly<{ query: string; labels: readonly string[]; includeSpamTrash: boolean }>;

export const EVERYTHING: Filter = { query: "", labels: [], includeSpamTrash: false };

/** Whether two filters ask for the same mail: labels are a set, in any order. */
export function sameFilter(a: Filter, b: Filter): boolean {
  return (
    a.query === b.query &&
    a.includeSpamTrash === b.includeSpamTrash &&
    new Set(a.labels).symmetricDifference(new Set(b.labels)).size === 0
  );
}

/** Whether mail is wanted that only a listing can find: history knows no queries. */
export function isFiltered({ query, labels }: Filter): boolean {
  return query !== "" || labels.length > 0;
}
