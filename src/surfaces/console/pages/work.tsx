import { dateTime, number, share } from "../format.ts";
import { inBoth } from "../language.ts";
import { KeptFresh } from "../parts/kept-fresh.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { stateWords } from "../parts/state-badge.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";
import { readWork, type Work } from "../work/api.ts";

const words = inBoth({
  en: {
    title: "All work",
    backlog: "Exports to do",
    units: "Quota units left",
    rate: "Units in the last minute",
    ofLimit: (part: string) => `${part} of what the project may spend`,
    done: "Done around",
    unknown: "not known yet",
    guessed: (count: number) =>
      `Of ${number(count)} ${count === 1 ? "export" : "exports"} it is not known how much mail there is: each is taken for the mean of the others. “Count their mail” on the domain's page tells.`,
    ifNothing: "If nothing stands in the way, at list price, for the text of every message.",
    states: "Exports that are not at an end",
    workers: "Who works on what",
    nobody: "No export runs just now.",
    count: (exports: number) => (exports === 1 ? "1 export" : `${number(exports)} exports`),
    account: "Account",
    since: "Since",
    messages: "Messages",
    pace: "Units a minute",
    left: "Units left",
    of: (done: string, of: string) => `${done} of ${of}`,
  },
  fr: {
    title: "Tout le travail",
    backlog: "Exports à faire",
    units: "Unités de quota restantes",
    rate: "Unités dans la dernière minute",
    ofLimit: (part) => `${part} de ce que le projet peut dépenser`,
    done: "Fini vers",
    unknown: "pas encore connu",
    guessed: (count: number) =>
      `De ${number(count)} ${count < 2 ? "export" : "exports"}, on ne sait pas combien de courrier il y a : chacun est pris pour la moyenne des autres. « Compter leur courrier », sur la page du domaine, le dit.`,
    ifNothing: "Si rien ne s'y oppose, au tarif, pour le texte de chaque message.",
    states: "Exports qui ne sont pas à leur fin",
    workers: "Qui travaille à quoi",
    nobody: "Aucun export n'est en cours.",
    count: (exports: number) => `${number(exports)} ${exports < 2 ? "export" : "exports"}`,
    account: "Compte",
    since: "Depuis",
    messages: "Messages",
    pace: "Unités par minute",
    left: "Unités restantes",
    of: (done, of) => `${done} sur ${of}`,
  },
});

const FRESH_MS = 5_000;

/** What all workers do and have to do, on whatever machine they run. */
export function WorkPage() {
  const w = words();
  const work = useResource("work", readWork);
  return (
    <Page title={w.title}>
      <KeptFresh from={work} everyMs={FRESH_MS} />
      <Loaded from={work}>
        {(now) => (
          <>
            <Together now={now} />
            <Workers of={now.workers} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Together({ now: { backlog, rate, limits, states, finished_at_estimate: end } }: { now: Work }) {
  const w = words();
  const named = stateWords();
  return (
    <section class="card">
      <dl class="figures">
        <Figure name={w.backlog} value={number(backlog.exports)} />
        <Figure name={w.units} value={number(backlog.units)} />
        <Figure
          name={w.rate}
          value={number(rate.units_this_minute)}
          hint={w.ofLimit(share(rate.units_this_minute / limits.project_units_per_minute))}
        />
        {backlog.exports > 0 && <Figure name={w.done} value={end === null ? w.unknown : dateTime(end)} />}
      </dl>
      {end !== null && <p class="small dim">{w.ifNothing}</p>}
      {backlog.guessed > 0 && <p class="small">{w.guessed(backlog.guessed)}</p>}
      <p class="small facts" aria-label={w.states}>
        {(["running", "queued", "waiting", "paused", "needs_sign_in"] as const)
          .filter((state) => states[state] > 0)
          .map((state) => (
            <span key={state}>
              {named[state]}: {number(states[state])}
            </span>
          ))}
      </p>
    </section>
  );
}

function Figure({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        {hint !== undefined && <span class="hint">{hint}</span>}
      </dd>
    </div>
  );
}

function Workers({ of: workers }: { of: Work["workers"] }) {
  const w = words();
  if (workers.length === 0) return <p class="dim">{w.nobody}</p>;
  return (
    <>
      <h2>{w.workers}</h2>
      {workers.map(({ id, exports }) => (
        <section class="card" key={id}>
          <h3>
            <bdi>{id}</bdi> <span class="chip">{w.count(exports.length)}</span>
          </h3>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too */}
          <div class="table-scroll" tabIndex={0} role="region" aria-label={id}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{w.account}</th>
                  <th scope="col">{w.since}</th>
                  <th scope="col" class="number">
                    {w.messages}
                  </th>
                  <th scope="col" class="number">
                    {w.pace}
                  </th>
                  <th scope="col" class="number">
                    {w.left}
                  </th>
                </tr>
              </thead>
              <tbody>
                {exports.map((one) => (
                  <tr key={one.id}>
                    <th scope="row">
                      <a href={to({ page: "export", id: one.id })}>{one.email}</a>
                    </th>
                    <td>{dateTime(one.since)}</td>
                    <td class="number">{w.of(number(one.done), number(one.listed))}</td>
                    <td class="number">{one.units_per_minute === null ? "–" : number(one.units_per_minute)}</td>
                    <td class="number">{one.units_left === null ? "–" : number(one.units_left)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ))}
    </>
  );
}
