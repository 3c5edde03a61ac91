import { bytes, month, number } from "../format.ts";
import { inBoth } from "../language.ts";
import { ExportLinks } from "../mail/export-links.tsx";
import { IndexProgress } from "../mail/index-progress.tsx";
import { allMonths } from "../mail/months.ts";
import { NothingExported } from "../mail/nothing-exported.tsx";
import { getExport, getStatistics, type Figures } from "../mail/records-api.ts";
import { LabelShares, SenderShares, SizeShares } from "../mail/shares.tsx";
import { StillGrowing } from "../mail/still-growing.tsx";
import { Chart } from "../parts/chart.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";

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
  },
});

export function StatisticsPage({ id }: { id: string }) {
  const w = words();
  const loaded = useResource(id, (signal) => getStatistics(id, signal));
  const job = useResource(id, (signal) => getExport(id, signal));
  return (
    <Page title={w.title}>
      <ExportLinks id={id} email={job.value?.email} />
      <Loaded from={loaded}>
        {(figures) => (
          <>
            <IndexProgress from={loaded} />
            {figures.index.complete && figures.messages > 0 && <StillGrowing job={job} answer={loaded} />}
            {figures.messages > 0 && <All id={id} figures={figures} />}
            {figures.messages === 0 && figures.index.complete && <NothingExported job={job} answer={loaded} />}
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
