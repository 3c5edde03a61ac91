import { useResource } from "../resource.ts";
import type { z } from "zod";

import type { Export } from "../../http/export-view.ts";
import { call } from "../api.ts";
import { inBoth } from "../language.ts";
import { route, to } from "../route.ts";

const words = inBoth({
  en: { label: "This export", export: "The export", mail: "Messages", statistics: "Statistics" },
  fr: { label: "Cet export", export: "L'export", mail: "Messages", statistics: "Statistiques" },
});

/** Whose mail this is, and the ways between an export's pages. */
export function ExportLinks({ id }: { id: string }) {
  const w = words();
  const { value } = useResource(id, (signal) =>
    call<z.infer<typeof Export>>("GET", `/exports/${encodeURIComponent(id)}`, { signal }),
  );
  const here = route.value.page;
  return (
    <div class="export-links">
      <p class="dim">{value?.email ?? "\u00a0"}</p>
      <nav aria-label={w.label}>
        <a href={to({ page: "export", id })}>{w.export}</a>
        <a href={to({ page: "mail", id })} aria-current={here === "mail" ? "page" : undefined}>
          {w.mail}
        </a>
        <a href={to({ page: "statistics", id })} aria-current={here === "statistics" ? "page" : undefined}>
          {w.statistics}
        </a>
      </nav>
    </div>
  );
}
