import { useAction } from "../action.ts";
import { dateTime, relativeTime } from "../format.ts";
import { Restriction } from "../home/restriction.tsx";
import { inBoth } from "../language.ts";
import { Address } from "../parts/address.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Failure } from "../parts/failure.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { go, to } from "../route.ts";
import { AlarmNotice } from "./alarm-notice.tsx";
import { pauseSchedule, removeSchedule, runSchedule, type Alarm, type Schedule } from "./api.ts";
import { whenInWords } from "./cron-words.ts";

const words = inBoth({
  en: {
    paused: "Paused",
    next: "Next run",
    last: "Last run",
    none: "None yet",
    noMore: "None any more",
    whenResumed: "When it is resumed",
    waits: "As soon as the export of its folder ends",
    folder: "Folder",
    resume: "Resume",
    pause: "Pause",
    run: "Run now",
    remove: "Delete",
    question: "Delete this schedule?",
    yes: "Delete the schedule",
    stay: "What was exported stays, and an export that runs goes on. It is only not started by itself any more.",
  },
  fr: {
    paused: "En pause",
    next: "Prochain passage",
    last: "Dernier passage",
    none: "Aucun encore",
    noMore: "Plus aucun",
    whenResumed: "À sa reprise",
    waits: "Dès que finit l'export de son dossier",
    folder: "Dossier",
    resume: "Reprendre",
    pause: "Mettre en pause",
    run: "Lancer maintenant",
    remove: "Supprimer",
    question: "Supprimer cette planification ?",
    yes: "Supprimer la planification",
    stay: "Ce qui fut exporté reste, et un export en cours continue. Il ne sera seulement plus lancé de lui-même.",
  },
});

/** One schedule: when, of what, how it went last, what is wrong, and what can be done about it. */
export function ScheduleCard({
  of,
  alarms,
  now,
  changed,
}: {
  of: Schedule;
  alarms: readonly Alarm[];
  now: number;
  changed: () => void;
}) {
  const w = words();
  const { email, cron, time_zone: zone, paused, options, last_run: last } = of;
  const said = whenInWords(cron);
  return (
    <article class="card schedule" aria-label={`${email}, ${said ?? cron}`}>
      <div class="card-head">
        <h2>
          <Address of={email} />
        </h2>
        {paused && <span class="badge">{w.paused}</span>}
      </div>
      <p>
        {said !== undefined && <strong>{said}</strong>}{" "}
        <span class="small dim">
          <code>{cron}</code> · {zone}
        </span>
      </p>
      <Restriction of={options} />
      {alarms.map((alarm) => (
        <AlarmNotice key={alarm.event} of={alarm} email={email} />
      ))}
      <dl class="asked">
        <div>
          <dt>{w.next}</dt>
          <dd>
            <Next of={of} now={now} />
          </dd>
        </div>
        <div>
          <dt>{w.last}</dt>
          <dd>
            {last ? (
              <>
                <a href={to({ page: "export", id: last.export_id })}>{dateTime(last.at)}</a>{" "}
                <StateBadge state={last.state} />
              </>
            ) : (
              w.none
            )}
          </dd>
        </div>
        <div>
          <dt>{w.folder}</dt>
          <dd>
            <code>{options.output_dir}</code>
          </dd>
        </div>
      </dl>
      <Actions of={of} changed={changed} />
    </article>
  );
}

function Next({ of: { paused, waits_for: waitsFor, next_run: next }, now }: { of: Schedule; now: number }) {
  const w = words();
  if (paused) return <>{w.whenResumed}</>;
  if (waitsFor !== null) return <a href={to({ page: "export", id: waitsFor })}>{w.waits}</a>;
  if (next === null) return <>{w.noMore}</>;
  return (
    <>
      <time dateTime={next}>{dateTime(next)}</time> <span class="dim">({relativeTime(next, now)})</span>
    </>
  );
}

function Actions({ of, changed }: { of: Schedule; changed: () => void }) {
  const w = words();
  const act = useAction(async (work: () => Promise<unknown>) => {
    await work();
    changed();
  });
  return (
    <>
      <Failure error={act.error} />
      <div class="actions row-actions">
        <button
          type="button"
          disabled={act.busy}
          onClick={() => act.run(async () => go({ page: "export", id: (await runSchedule(of)).id }))}
        >
          {w.run}
        </button>
        <button type="button" disabled={act.busy} onClick={() => act.run(() => pauseSchedule(of, !of.paused))}>
          {of.paused ? w.resume : w.pause}
        </button>
        <ConfirmButton
          label={w.remove}
          question={w.question}
          yes={w.yes}
          busy={act.busy}
          onConfirm={() => act.run(() => removeSchedule(of))}
        >
          <p>{w.stay}</p>
        </ConfirmButton>
      </div>
    </>
  );
}
