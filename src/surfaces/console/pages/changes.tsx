import { useState } from "preact/hooks";

import type { ChangeQuestion } from "../changes/api.ts";
import { ChangeLine } from "../changes/change-line.tsx";
import { ChangesForm } from "../changes/changes-form.tsx";
import { useChanges } from "../changes/use-changes.ts";
import { inBoth } from "../language.ts";
import { ExportLinks } from "../mail/export-links.tsx";
import { getExport } from "../mail/records-api.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";

const words = inBoth({
  en: {
    title: "Changes in Gmail",
    list: "Changes, the latest first",
    more: "Show more",
    none: "No change was seen yet",
    noneHint: "Bring the export up to date from time to time: what came, went or has other labels then stands here.",
    noMatch: "No change matches",
    noMatchHint: "Try fewer words, or an earlier day.",
  },
  fr: {
    title: "Changements dans Gmail",
    list: "Changements, les derniers d'abord",
    more: "En afficher davantage",
    none: "Aucun changement n'a encore été vu",
    noneHint:
      "Mettez l'export à jour de temps en temps : ce qui est venu, parti ou porte d'autres libellés figure alors ici.",
    noMatch: "Aucun changement ne correspond",
    noMatchHint: "Essayez avec moins de mots, ou un jour plus ancien.",
  },
});

/** What changed in Gmail after it was exported, as runs saw it. */
export function ChangesPage({ id }: { id: string }) {
  const w = words();
  const [question, ask] = useState<ChangeQuestion>({ words: "", since: "" });
  const { from, isBusy, more } = useChanges(id, question);
  const job = useResource(id, (signal) => getExport(id, signal));
  const isNarrow =
    from.value !== undefined && (from.value.question.words.trim() !== "" || from.value.question.since !== "");
  return (
    <Page title={w.title}>
      <ExportLinks id={id} email={job.value?.email} />
      <ChangesForm question={question} onAsk={ask} />
      <Loaded from={from}>
        {({ changes, next }) => (
          <>
            {changes.length === 0 ? (
              <div class="empty" role="status">
                <h2>{isNarrow ? w.noMatch : w.none}</h2>
                <p class="dim">{isNarrow ? w.noMatchHint : w.noneHint}</p>
              </div>
            ) : (
              <section class="card">
                <ul class="plain changes" aria-label={w.list} aria-busy={isBusy}>
                  {changes.map((change, place) => (
                    // oxlint-disable-next-line react/no-array-index-key -- two changes may be alike, and more only follow
                    <ChangeLine key={place} exportId={id} of={change} />
                  ))}
                </ul>
              </section>
            )}
            {next !== null && (
              <div class="mail-more">
                <button type="button" disabled={isBusy} onClick={more}>
                  {w.more}
                </button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
