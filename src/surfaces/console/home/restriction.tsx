import type { Export } from "../exports-api.ts";
import { number } from "../format.ts";
import { inBoth } from "../language.ts";

const words = inBoth({
  en: {
    newest: (count: number) => (count === 1 ? "only the newest message" : `only the newest ${number(count)}`),
    search: "search",
    labels: (count: number) => (count === 1 ? "one label only" : `${number(count)} labels only`),
  },
  fr: {
    newest: (count: number) =>
      count < 2 ? "seulement le message le plus récent" : `seulement les ${number(count)} plus récents`,
    search: "recherche",
    labels: (count: number) => (count < 2 ? "un seul libellé" : `${number(count)} libellés seulement`),
  },
});

/** Of two exports of one mailbox, which is which. */
export function Restriction({
  of: { query, labels, max_emails: most },
}: {
  of: Pick<Export, "query" | "labels" | "max_emails">;
}) {
  const w = words();
  if (query === "" && labels.length === 0 && most === null) return null;
  return (
    <p class="small dim facts">
      {most !== null && <span>{w.newest(most)}</span>}
      {labels.length > 0 && <span>{w.labels(labels.length)}</span>}
      {query !== "" && (
        <span>
          {w.search} <code>{query}</code>
        </span>
      )}
    </p>
  );
}
