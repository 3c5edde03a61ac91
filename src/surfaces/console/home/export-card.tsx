import type { Export } from "../exports-api.ts";
import { dateTime, number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Address } from "../parts/address.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { StateBadge, stateWords } from "../parts/state-badge.tsx";
import { to } from "../route.ts";
import type { InDirectory } from "./by-directory.ts";
import { gaugeOf, isLive } from "./gauge.ts";
import { Restriction } from "./restriction.tsx";
import { RowActions } from "./row-actions.tsx";

const words = inBoth({
  en: {
    messages: (count: number) => (count === 1 ? "1 message" : `${number(count)} messages`),
    doneOf: (done: number, of: number) => `${number(done)} of ${of === 1 ? "1 message" : `${number(of)} messages`}`,
    found: (count: number) => `looking through the mailbox: ${number(count)} found so far`,
    failed: (count: number) => `${number(count)} could not be fetched`,
    pace: (perMinute: number) => `${number(perMinute)} a minute`,
    left: (at: string) => `done around ${at}`,
    until: (at: string) => `goes on by itself on ${at}`,
    earlier: (count: number) => (count === 1 ? "1 earlier run" : `${number(count)} earlier runs`),
    begun: (at: string) => `begun ${at}`,
    ended: (at: string) => `ended ${at}`,
    progress: (email: string) => `Progress of ${email}`,
  },
  fr: {
    messages: (count: number) => `${number(count)} ${count < 2 ? "message" : "messages"}`,
    doneOf: (done: number, of: number) => `${number(done)} sur ${number(of)} ${of < 2 ? "message" : "messages"}`,
    found: (count: number) => `parcours de la boîte : ${number(count)} ${count < 2 ? "trouvé" : "trouvés"} jusqu'ici`,
    failed: (count: number) => `${number(count)} ${count < 2 ? "n'a pas pu être lu" : "n'ont pas pu être lus"}`,
    pace: (perMinute: number) => `${number(perMinute)} par minute`,
    left: (at: string) => `fini vers le ${at}`,
    until: (at: string) => `reprend de lui-même le ${at}`,
    earlier: (count: number) => (count < 2 ? "1 passage antérieur" : `${number(count)} passages antérieurs`),
    begun: (at: string) => `commencé le ${at}`,
    ended: (at: string) => `terminé le ${at}`,
    progress: (email: string) => `Progression de ${email}`,
  },
});

/** What lies in one directory: the newest run, and those before it. */
export function ExportCard({ row, changed }: { row: InDirectory; changed: () => void }) {
  const w = words();
  const of = row.newest;
  const { email, state, failure } = of;
  return (
    <article class="card export-card">
      <div class="card-head">
        <h2>
          <a href={to({ page: "export", id: of.id })}>
            <Address of={email} />
          </a>
        </h2>
        <StateBadge state={state} />
      </div>
      <Restriction of={of} />
      <Bar of={of} />
      <p class="small dim facts">
        {factsOf(of).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
        <span>{isLive(of) ? w.begun(dateTime(of.created_at)) : w.ended(dateTime(of.updated_at))}</span>
      </p>
      {failure && (
        <p class="small">
          <Sentence text={failure.message} code={failure.code} />{" "}
          {state === "failed" && <Sentence text={failure.next} code={failure.code} part="next" />}
        </p>
      )}
      {state === "needs_sign_in" && <SignInLink email={email} />}
      <RowActions of={row} changed={changed} />
      {row.earlier.length > 0 && (
        <details class="small">
          <summary>{w.earlier(row.earlier.length)}</summary>
          <ul class="plain">
            {row.earlier.map((run) => (
              <li key={run.id}>
                <a href={to({ page: "export", id: run.id })}>{dateTime(run.created_at)}</a> · {stateWords()[run.state]}
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}

function Bar({ of }: { of: Export }) {
  const gauge = gaugeOf(of);
  const label = words().progress(of.email);
  if (gauge.kind === "none") return null;
  if (gauge.kind === "found") return <progress aria-label={label} />;
  return <progress aria-label={label} value={gauge.done} max={Math.max(1, gauge.of)} />;
}

function factsOf(of: Export): string[] {
  const w = words();
  const { progress, rate, finished_at_estimate: end, waiting_until: until, state } = of;
  const gauge = gaugeOf(of);
  const facts: string[] = [];
  if (gauge.kind === "found") facts.push(w.found(gauge.found));
  if (gauge.kind === "done") facts.push(w.doneOf(gauge.done, gauge.of));
  if (gauge.kind === "none" && (progress.exported > 0 || state === "completed"))
    facts.push(w.messages(progress.exported));
  if (progress.failed > 0) facts.push(w.failed(progress.failed));
  if (rate && rate.messages_per_minute !== null && rate.messages_per_minute > 0)
    facts.push(w.pace(rate.messages_per_minute));
  if (end !== null) facts.push(w.left(dateTime(end)));
  if (until !== undefined) facts.push(w.until(dateTime(until)));
  return facts;
}
