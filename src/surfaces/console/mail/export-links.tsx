import { inBoth } from "../language.ts";
import { route, to } from "../route.ts";

const words = inBoth({
  en: { label: "This export", export: "The export", mail: "Messages", statistics: "Statistics", changes: "Changes" },
  fr: { label: "Cet export", export: "L'export", mail: "Messages", statistics: "Statistiques", changes: "Changements" },
});

/** Whose mail this is, and the ways between an export's pages. */
export function ExportLinks({ id, email }: { id: string; email: string | undefined }) {
  const w = words();
  const here = route.value.page;
  return (
    <div class="export-links">
      <p class="dim">{email ?? "\u00a0"}</p>
      <nav aria-label={w.label}>
        <a href={to({ page: "export", id })}>{w.export}</a>
        <a href={to({ page: "mail", id })} aria-current={here === "mail" ? "page" : undefined}>
          {w.mail}
        </a>
        <a href={to({ page: "statistics", id })} aria-current={here === "statistics" ? "page" : undefined}>
          {w.statistics}
        </a>
        <a href={to({ page: "changes", id })} aria-current={here === "changes" ? "page" : undefined}>
          {w.changes}
        </a>
      </nav>
    </div>
  );
}
