import { useEffect } from "preact/hooks";

import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { ExportLinks } from "../mail/export-links.tsx";
import { IndexProgress } from "../mail/index-progress.tsx";
import { MailTable } from "../mail/mail-table.tsx";
import { NothingExported } from "../mail/nothing-exported.tsx";
import { isNarrow } from "../mail/question.ts";
import { getExport, getStatistics } from "../mail/records-api.ts";
import { SearchForm } from "../mail/search-form.tsx";
import { lookFor, searchOf, type Found } from "../mail/search.ts";
import { StillGrowing } from "../mail/still-growing.tsx";
import { useFound } from "../mail/use-found.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";

const words = inBoth({
  en: {
    title: "Messages",
    total: (count: number) => (count === 1 ? "1 message" : `${number(count)} messages`),
    matching: (count: number) => (count === 1 ? "1 message found" : `${number(count)} messages found`),
    shown: (count: number) => `${number(count)} of them shown`,
    more: "Show more",
    none: "No message matches",
    noneHint: "Try fewer words or filters, or only the beginning of a word.",
  },
  fr: {
    title: "Messages",
    total: (count) => (count < 2 ? `${count} message` : `${number(count)} messages`),
    matching: (count) => (count < 2 ? `${count} message trouvé` : `${number(count)} messages trouvés`),
    shown: (count) => `dont ${number(count)} affichés`,
    more: "En afficher davantage",
    none: "Aucun message ne correspond",
    noneHint: "Essayez avec moins de mots ou de filtres, ou avec le seul début d'un mot.",
  },
});

export function MailPage({ id }: { id: string }) {
  const w = words();
  const search = searchOf(id);
  const found = useFound(id);
  const { files } = found.value?.index ?? {};
  const isEmpty = found.value?.total === 0;
  const labels = useResource(`${id} ${files} ${isEmpty}`, (signal) => getStatistics(id, signal));
  const job = useResource(id, (signal) => getExport(id, signal));
  useEffect(() => backToPlace(id), [id]);
  return (
    <Page title={w.title}>
      <ExportLinks id={id} email={job.value?.email} />
      <SearchForm
        question={search.question.value}
        labels={labels.value?.labels ?? []}
        onAsk={(question) => lookFor(search, question)}
      />
      <Loaded from={found}>
        {(value) => (
          <>
            <IndexProgress from={found} />
            {value.index.complete && value.total > 0 && <StillGrowing job={job} answer={found} />}
            {value.total > 0 && <Results id={id} found={value} isStale={found.isStale && found.state !== "failed"} />}
            {value.total === 0 && isNarrow(value.question) && <NoMatch />}
            {value.total === 0 && !isNarrow(value.question) && value.index.complete && (
              <NothingExported job={job} answer={found} />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Results({ id, found, isStale }: { id: string; found: Found; isStale: boolean }) {
  const w = words();
  const search = searchOf(id);
  const { index, total, records, question } = found;
  return (
    <>
      {/* Readers are told once it is final: the number grows while the files are read. */}
      <p class="mail-count" role={index.complete ? "status" : undefined}>
        <strong>{isNarrow(question) ? w.matching(total) : w.total(total)}</strong>
        {records.length < total && <span class="dim"> · {w.shown(records.length)}</span>}
      </p>
      <MailTable
        id={id}
        records={records}
        isBusy={isStale}
        onOpen={(message) => (search.place.value = { message, scrollY })}
      />
      {found.next !== null && (
        <div class="mail-more">
          <button type="button" disabled={isStale} onClick={() => (search.pages.value = found.pages + 1)}>
            {w.more}
          </button>
        </div>
      )}
    </>
  );
}

function NoMatch() {
  const w = words();
  return (
    <div class="empty" role="status">
      <h2>{w.none}</h2>
      <p class="dim">{w.noneHint}</p>
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
