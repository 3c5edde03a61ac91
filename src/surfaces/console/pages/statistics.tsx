import { bytes, month, number } from "../format.ts";
import { inBoth } from "../language.ts";
import { ExportLinks } from "../mail/export-links.tsx";
import { IndexProgress } from "../mail/index-progress.tsx";
import { allMonths } from "../mail/months.ts";
import { getStatistics, type Figures } from "../mail/records-api.ts";
import { LabelShares, SenderShares, SizeShares } from "../mail/shares.tsx";
import { Chart } from "../parts/chart.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";

const words = inBoth({
  en: {
    title: "Statistics",
    messages: "Messages",
    size: "Size in all",
    attachments: "Attachments",
    first: "First month",
    last: "Last month",
    perMonth: "Messages a month",
    month: "Month",
    none: "Nothing to count yet",
    noneHint: "Figures appear here as soon as the first file of this export is finished.",
    empty: "This export holds no messages",
    follow: "See the export",
  },
  fr: {
    title: "Statistiques",
    messages: "Messages",
    size: "Taille totale",
    attachments: "Pièces jointes",
    first: "Premier mois",
    last: "Dernier mois",
    perMonth: "Messages par mois",
    month: "Mois",
    none: "Il n'y a encore rien à compter",
    noneHint: "Les chiffres apparaissent ici dès que le premier fichier de cet export est terminé.",
    empty: "Cet export ne contient aucun message",
    follow: "Voir l'export",
  },
});

export function StatisticsPage({ id }: { id: string }) {
  const w = words();
  const loaded = useResource(id, (signal) => getStatistics(id, signal));
  return (
    <Page title={w.title}>
      <ExportLinks id={id} />
      <Loaded from={loaded}>
        {(figures) => (
          <>
            <IndexProgress answer={figures} onAgain={loaded.reload} />
            {figures.messages === 0 ? <Nothing id={id} figures={figures} /> : <All id={id} figures={figures} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function All({ id, figures }: { id: string; figures: Figures }) {
  const w = words();
  const months = allMonths(figures.months);
  const [first, last] = [months[0], months.at(-1)];
  return (
    <>
      <div class="card">
        <dl class="figures">
          <Figure name={w.messages} value={number(figures.messages)} />
          <Figure name={w.size} value={bytes(figures.bytes)} />
          <Figure name={w.attachments} value={number(figures.attachments)} />
          {first && <Figure name={w.first} value={month(first.month)} />}
          {last && <Figure name={w.last} value={month(last.month)} />}
        </dl>
      </div>
      {months.length > 1 && (
        <div class="card">
          <Chart
            chart={{
              title: w.perMonth,
              kind: "bars",
              x: {
                label: w.month,
                values: months.map((_, place) => place),
                format: (place) => (months[place] ? month(months[place].month) : ""),
              },
              series: [
                {
                  label: w.messages,
                  colour: "accent",
                  values: months.map(({ messages }) => messages),
                  format: number,
                },
              ],
            }}
          />
        </div>
      )}
      <SenderShares id={id} figures={figures} />
      <div class="side-by-side">
        <LabelShares id={id} figures={figures} />
        <SizeShares figures={figures} />
      </div>
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Nothing({ id, figures: { index } }: { id: string; figures: Figures }) {
  const w = words();
  if (!index.complete && index.of > 0) return null;
  return (
    <div class="empty">
      <h2>{index.complete ? w.empty : w.none}</h2>
      {!index.complete && <p class="dim">{w.noneHint}</p>}
      <p>
        <a class="button" href={to({ page: "export", id })}>
          {w.follow}
        </a>
      </p>
    </div>
  );
}
