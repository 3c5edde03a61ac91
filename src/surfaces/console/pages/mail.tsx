import { useEffect } from "preact/hooks";

import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { ExportLinks } from "../mail/export-links.tsx";
import { IndexProgress } from "../mail/index-progress.tsx";
import { MailTable } from "../mail/mail-table.tsx";
import { isNarrow } from "../mail/question.ts";
import { getStatistics } from "../mail/records-api.ts";
import { SearchForm } from "../mail/search-form.tsx";
import { lookFor, searchOf, type Found } from "../mail/search.ts";
import { useFound } from "../mail/use-found.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";

const words = inBoth({
  en: {
    title: "Messages",
    total: (count: number) => (count === 1 ? "1 message" : `${number(count)} messages`),
    matching: (count: number) => (count === 1 ? "1 message found" : `${number(count)} messages found`),
    shown: (count: number) => `${number(count)} of them shown`,
    more: "Show more",
    none: "No message matches",
    noneHint: "Try fewer words or filters, or only the beginning of a word.",
    empty: "This export holds no messages",
    emptyHint: "What it was asked for found nothing in the mailbox.",
    notYet: "There is nothing to read yet",
    notYetHint: "Messages appear here as soon as the first file of this export is finished.",
    follow: "See how far it is",
  },
  fr: {
    title: "Messages",
    total: (count) => (count < 2 ? `${count} message` : `${number(count)} messages`),
    matching: (count) => (count < 2 ? `${count} message trouvé` : `${number(count)} messages trouvés`),
    shown: (count) => `dont ${number(count)} affichés`,
    more: "En afficher davantage",
    none: "Aucun message ne correspond",
    noneHint: "Essayez avec moins de mots ou de filtres, ou avec le seul début d'un mot.",
    empty: "Cet export ne contient aucun message",
    emptyHint: "Ce qui lui était demandé n'a rien trouvé dans la boîte.",
    notYet: "Il n'y a encore rien à lire",
    notYetHint: "Les messages apparaissent ici dès que le premier fichier de cet export est terminé.",
    follow: "Voir où il en est",
  },
});

export function MailPage({ id }: { id: string }) {
  const w = words();
  const search = searchOf(id);
  const found = useFound(id);
  const labels = useResource(`${id} ${found.value?.index.complete}`, (signal) => getStatistics(id, signal));
  useEffect(() => backToPlace(id), []);
  return (
    <Page title={w.title}>
      <ExportLinks id={id} />
      <SearchForm
        question={search.question.value}
        labels={labels.value?.labels ?? []}
        onAsk={(question) => lookFor(search, question)}
      />
      <Loaded from={found}>
        {(value) => <Results id={id} found={value} isStale={found.isStale} onAgain={found.reload} />}
      </Loaded>
    </Page>
  );
}

function Results({ id, found, isStale, onAgain }: { id: string; found: Found; isStale: boolean; onAgain: () => void }) {
  const w = words();
  const search = searchOf(id);
  const { index, total, records, question } = found;
  const count = isNarrow(question) ? w.matching(total) : w.total(total);
  return (
    <>
      <IndexProgress answer={found} onAgain={onAgain} />
      <p class="mail-count" role={index.complete ? "status" : undefined}>
        <strong>{count}</strong>
        {records.length < total && <span class="dim"> · {w.shown(records.length)}</span>}
      </p>
      {total === 0 ? (
        <Nothing id={id} found={found} />
      ) : (
        <MailTable
          id={id}
          records={records}
          isBusy={isStale}
          onOpen={(message) => (search.place.value = { message, scrollY })}
        />
      )}
      {found.next !== null && (
        <div class="more">
          <button type="button" disabled={isStale} onClick={() => (search.pages.value = found.pages + 1)}>
            {w.more}
          </button>
        </div>
      )}
    </>
  );
}

function Nothing({ id, found: { question, index } }: { id: string; found: Found }) {
  const w = words();
  if (isNarrow(question))
    return (
      <div class="empty">
        <h2>{w.none}</h2>
        <p class="dim">{w.noneHint}</p>
      </div>
    );
  if (!index.complete && index.of > 0) return null;
  return (
    <div class="empty">
      <h2>{index.complete ? w.empty : w.notYet}</h2>
      <p class="dim">{index.complete ? w.emptyHint : w.notYetHint}</p>
      <p>
        <a class="button" href={to({ page: "export", id })}>
          {w.follow}
        </a>
      </p>
    </div>
  );
}

/** Who comes back from a message finds the list where they left it, and the keyboard at that message. */
function backToPlace(id: string): void {
  const { place } = searchOf(id);
  if (place.value === undefined) return;
  const row = document.querySelector<HTMLElement>(`#${CSS.escape(`message-${place.value.message}`)}`);
  scrollTo(0, place.value.scrollY);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
  place.value = undefined;
}
