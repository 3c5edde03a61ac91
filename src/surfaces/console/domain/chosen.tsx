import { useEffect, useRef, useState } from "preact/hooks";

import { forecastDomain } from "../../../pipeline/domain/forecast-domain.ts";
import { useAction } from "../action.ts";
import { bytes, duration, number, share } from "../format.ts";
import { inBoth } from "../language.ts";
import { EMPTY, type Draft } from "../new-export/form.ts";
import { SearchField } from "../new-export/search-field.tsx";
import { WhatToKeep } from "../new-export/what-to-keep.tsx";
import { Failure, Notice } from "../parts/failure.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { to } from "../route.ts";
import { estimateAccounts, exportAccounts, type Begun, type CountedAccount, type Limits } from "./api.ts";
import { inParts } from "./in-parts.ts";

const words = inBoth({
  en: {
    title: "What is chosen",
    none: "Nobody is chosen yet: tick accounts in the table.",
    chosen: (count: number) => (count === 1 ? "1 account is chosen." : `${number(count)} accounts are chosen.`),
    count: "Count their mail",
    countHint: "Each mailbox is asked how much it holds: 1 quota unit an account.",
    counting: (done: number, of: number) => `${number(done)} of ${number(of)} counted`,
    stop: "Stop counting",
    accounts: "Accounts counted",
    messages: "Messages",
    units: "Quota units, at most",
    time: "Time",
    exported: "Exported already",
    day: "Of what a project may spend a day",
    underAMinute: "under a minute",
    rule: (limits: Limits) =>
      `For the text of every message at list price: ${number(limits.units_per_minute)} units a minute for each account, ${number(limits.concurrency)} at once on this server, and ${number(limits.project_units_per_minute)} for the whole project. Attachments and originals take more, and how much room mail takes is known once it is exported.`,
    what: "What to export",
    spamAndTrash: "Spam and trash too",
    export: (count: number) => (count === 1 ? "Export 1 account" : `Export ${number(count)} accounts`),
    starting: (done: number, of: number) => `${number(done)} of ${number(of)} started`,
    begun: (count: number) => (count === 1 ? "1 export was started." : `${number(count)} exports were started.`),
    follow: "See how they get on",
    refused: (count: number) =>
      count === 1 ? "1 account could not be started:" : `${number(count)} accounts could not be started:`,
  },
  fr: {
    title: "Ce qui est choisi",
    none: "Personne n'est encore choisi : cochez des comptes dans le tableau.",
    chosen: (count: number) => `${number(count)} ${count < 2 ? "compte est choisi" : "comptes sont choisis"}.`,
    count: "Compter leur courrier",
    countHint: "On demande à chaque boîte ce qu'elle contient : 1 unité de quota par compte.",
    counting: (done: number, of: number) => `${number(done)} sur ${number(of)} comptés`,
    stop: "Arrêter le comptage",
    accounts: "Comptes comptés",
    messages: "Messages",
    units: "Unités de quota, au plus",
    time: "Durée",
    exported: "Déjà exporté",
    day: "De ce qu'un projet peut dépenser par jour",
    underAMinute: "moins d'une minute",
    rule: (limits: Limits) =>
      `Pour le texte de chaque message, au tarif : ${number(limits.units_per_minute)} unités par minute pour chaque compte, ${number(limits.concurrency)} à la fois sur ce serveur, et ${number(limits.project_units_per_minute)} pour tout le projet. Pièces jointes et originaux demandent plus, et la place que prend le courrier se sait une fois exporté.`,
    what: "Quoi exporter",
    spamAndTrash: "Le spam et la corbeille aussi",
    export: (count: number) => `Exporter ${number(count)} ${count < 2 ? "compte" : "comptes"}`,
    starting: (done: number, of: number) => `${number(done)} sur ${number(of)} lancés`,
    begun: (count: number) => `${number(count)} ${count < 2 ? "export a été lancé" : "exports ont été lancés"}.`,
    follow: "Suivre leur avancement",
    refused: (count: number) =>
      `${number(count)} ${count < 2 ? "compte n'a pas pu être lancé" : "comptes n'ont pas pu être lancés"} :`,
  },
});

/** How much mail was counted so far, and under which limits. */
export type Counted = Readonly<{ accounts: ReadonlyMap<string, CountedAccount>; limits: Limits | undefined }>;

/** What the chosen accounts have and take, and the way to export them. */
export function Chosen({
  emails,
  counted,
  onCounted,
}: {
  emails: readonly string[];
  counted: Counted;
  onCounted: (accounts: readonly CountedAccount[], limits: Limits) => void;
}) {
  const w = words();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const change = (part: Partial<Draft>): void => setDraft((last) => ({ ...last, ...part }));
  const [done, setDone] = useState(0);
  const [begun, setBegun] = useState<readonly Begun[]>();
  const leaving = useRef(new AbortController());
  const stop = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);

  const missing = emails.filter((email) => !counted.accounts.has(email));
  const counting = useAction(async () => {
    stop.current = new AbortController();
    const signal = AbortSignal.any([leaving.current.signal, stop.current.signal]);
    setDone(0);
    const count = async (part: readonly string[]): Promise<void> => {
      const { accounts, limits } = await estimateAccounts(part, signal);
      onCounted(accounts, limits);
    };
    await inParts(missing, count, setDone, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  });
  const exporting = useAction(async () => {
    const all: Begun[] = [];
    setDone(0);
    setBegun(undefined);
    const start = async (part: readonly string[]): Promise<void> => {
      all.push(...(await exportAccounts(part, draft)));
    };
    try {
      await inParts(emails, start, setDone, leaving.current.signal);
    } finally {
      if (all.length > 0) setBegun(all);
    }
  });
  const isBusy = counting.busy || exporting.busy;

  return (
    <section class="card new-export">
      <h2>{w.title}</h2>
      <p role="status">{emails.length === 0 ? w.none : w.chosen(emails.length)}</p>
      {emails.length > 0 && (
        <>
          <Forecast emails={emails} counted={counted} />
          {missing.length > 0 && !counting.busy && <p class="hint">{w.countHint}</p>}
          {counting.busy && (
            <p>
              <progress aria-label={w.count} value={done} max={missing.length + done} />{" "}
              {w.counting(done, missing.length + done)}
            </p>
          )}
          <Failure error={counting.error} />
          <details class="more">
            <summary>{w.what}</summary>
            <SearchField value={draft.query} onValue={(query) => change({ query })} wrong={undefined} />
            <label class="choice">
              <input
                type="checkbox"
                checked={draft.spamAndTrash}
                onChange={({ currentTarget }) => change({ spamAndTrash: currentTarget.checked })}
              />
              {w.spamAndTrash}
            </label>
            <WhatToKeep draft={draft} change={change} isEstimated={false} />
          </details>
          {exporting.busy && (
            <p>
              <progress aria-label={w.export(emails.length)} value={done} max={emails.length} />{" "}
              {w.starting(done, emails.length)}
            </p>
          )}
          <Failure error={exporting.error} />
          <div class="actions">
            <button type="button" class="primary" disabled={isBusy} onClick={exporting.run}>
              {w.export(emails.length)}
            </button>
            {counting.busy ? (
              <button type="button" onClick={() => stop.current.abort()}>
                {w.stop}
              </button>
            ) : (
              missing.length > 0 && (
                <button type="button" disabled={isBusy} onClick={counting.run}>
                  {w.count}
                </button>
              )
            )}
          </div>
        </>
      )}
      {begun && <Outcome begun={begun} />}
    </section>
  );
}

/** Messages, units and time of those that were counted, under the project's limits. */
function Forecast({ emails, counted: { accounts, limits } }: { emails: readonly string[]; counted: Counted }) {
  const w = words();
  const found = emails.flatMap((email) => accounts.get(email) ?? []);
  if (limits === undefined || found.length === 0) return null;
  const mails = found.flatMap(({ messages, conversations }) =>
    messages === null || conversations === null ? [] : [{ mail: { messages, conversations } }],
  );
  const { messages, units, minutes, shareOfDay } = forecastDomain(mails, {
    tier: limits.tier,
    unitsPerMinute: limits.units_per_minute,
    projectUnitsPerMinute: limits.project_units_per_minute,
    concurrency: limits.concurrency,
  });
  const stored = found.reduce((sum, { exported }) => sum + (exported?.bytes ?? 0), 0);
  return (
    <>
      <dl class="figures close">
        <Figure name={w.accounts} value={number(mails.length)} />
        <Figure name={w.messages} value={number(messages)} />
        <Figure name={w.units} value={number(units)} />
        <Figure name={w.time} value={minutes < 1 ? w.underAMinute : duration(minutes * 60_000)} />
        <Figure name={w.day} value={share(shareOfDay)} />
        {stored > 0 && <Figure name={w.exported} value={bytes(stored)} />}
      </dl>
      <p class="small dim">{w.rule(limits)}</p>
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

/** How many were started, and who was not, each with the reason. */
function Outcome({ begun }: { begun: readonly Begun[] }) {
  const w = words();
  const refused = begun.flatMap((one) => ("failure" in one ? [one] : []));
  return (
    <>
      <Notice kind="good">
        <p>{w.begun(begun.length - refused.length)}</p>
        <p>
          <a class="button" href={to({ page: "work" })}>
            {w.follow}
          </a>
        </p>
      </Notice>
      {refused.length > 0 && (
        <Notice kind="warn">
          <p>{w.refused(refused.length)}</p>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too */}
          <ul class="named" tabIndex={0}>
            {refused.map(({ email, failure }) => (
              <li key={email}>
                <bdi>{email}</bdi>: <Sentence text={failure.message} code={failure.code} />{" "}
                <Sentence text={failure.next} code={failure.code} part="next" />
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
