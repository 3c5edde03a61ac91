import { inBoth } from "../language.ts";
import { Failure } from "../parts/failure.tsx";
import { KeptFresh } from "../parts/kept-fresh.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";
import { listAlarms, listSchedules } from "../schedules/api.ts";
import { ScheduleCard } from "../schedules/schedule-card.tsx";
import { useNow } from "../use-now.ts";

const words = inBoth({
  en: {
    title: "Schedules",
    add: "Add a schedule",
    none: "Nothing is exported by itself yet",
    why: "A schedule brings an export up to date at the times you choose, as long as the server runs: what is new in Gmail comes, labels follow, and what is deleted there is told. What was missed while it did not run is made up for once.",
  },
  fr: {
    title: "Planifications",
    add: "Ajouter une planification",
    none: "Rien n'est encore exporté de soi-même",
    why: "Une planification met un export à jour aux heures que vous choisissez, tant que le serveur tourne : le nouveau courrier arrive, les libellés suivent, et ce qui est supprimé dans Gmail est signalé. Ce qui fut manqué pendant son arrêt est rattrapé une fois.",
  },
});

const FRESH_MS = 5_000;

/** What is exported by itself: when, how it went, and what is wrong with it. */
export function SchedulesPage() {
  const w = words();
  const schedules = useResource("schedules", listSchedules);
  const alarms = useResource("alarms", listAlarms);
  const now = useNow(FRESH_MS);
  const isEmpty = schedules.value?.length === 0;
  const add = (
    <a class="button primary" href={to({ page: "new-schedule" })}>
      {w.add}
    </a>
  );
  return (
    <Page title={w.title} actions={!isEmpty && add}>
      <KeptFresh from={schedules} everyMs={FRESH_MS} />
      <KeptFresh from={alarms} everyMs={FRESH_MS} />
      {alarms.state === "failed" && schedules.state !== "failed" && (
        <Failure error={alarms.error} again={alarms.reload} />
      )}
      <Loaded from={schedules}>
        {(all) =>
          all.length === 0 ? (
            <section class="card empty">
              <h2>{w.none}</h2>
              <p>{w.why}</p>
              {add}
            </section>
          ) : (
            <ul class="plain">
              {all.map((schedule) => (
                <li key={schedule.id}>
                  <ScheduleCard
                    of={schedule}
                    alarms={(alarms.value ?? []).filter(({ schedule_id: its }) => its === schedule.id)}
                    now={now}
                    changed={schedules.reload}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}
