import { useEffect } from "preact/hooks";

import { inBoth } from "../language.ts";
import { KeptFresh } from "../parts/kept-fresh.tsx";
import type { Resource } from "../resource.ts";
import { to } from "../route.ts";
import { ASK_AGAIN_MS, type Job } from "./records-api.ts";

const words = inBoth({
  en: {
    empty: "This export holds no messages",
    emptyHint:
      "What it was asked for found nothing in the mailbox, or it was stopped before the first message was on disk.",
    notYet: "There is nothing to read yet",
    notYetHint: "Messages appear here by themselves as soon as the first of them are on disk.",
    follow: "See the export",
  },
  fr: {
    empty: "Cet export ne contient aucun message",
    emptyHint:
      "Ce qui lui était demandé n'a rien trouvé dans la boîte, ou il a été arrêté avant que le premier message soit sur le disque.",
    notYet: "Il n'y a encore rien à lire",
    notYetHint: "Les messages apparaissent ici d'eux-mêmes dès que les premiers sont sur le disque.",
    follow: "Voir l'export",
  },
});

export const FINAL: ReadonlySet<string> = new Set(["completed", "completed_with_failures", "failed", "cancelled"]);

/** In the place of what there is not. Until the export is over, it is asked for again. */
export function NothingExported({ job, answer }: { job: Resource<Job>; answer: Resource<unknown> }) {
  const w = words();
  const isOver = job.value !== undefined && FINAL.has(job.value.state);
  const { reload } = answer;
  useEffect(() => {
    if (isOver) reload(); // the last answer may be from just before the end
  }, [isOver, reload]);
  if (!job.value) return null;
  return (
    <div class="empty" role="status">
      <h2>{isOver ? w.empty : w.notYet}</h2>
      <p class="dim">{isOver ? w.emptyHint : w.notYetHint}</p>
      <p>
        <a class="button" href={to({ page: "export", id: job.value.id })}>
          {w.follow}
        </a>
      </p>
      {!isOver && (
        <>
          <KeptFresh from={job} everyMs={ASK_AGAIN_MS} />
          <KeptFresh from={answer} everyMs={ASK_AGAIN_MS} />
        </>
      )}
    </div>
  );
}
