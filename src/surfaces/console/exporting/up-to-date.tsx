import type { ComponentChildren } from "preact";

import { bytes, dateTime, number, relativeTime } from "../format.ts";
import { inBoth } from "../language.ts";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";
import { listSchedules, type Schedule } from "../schedules/api.ts";
import { whenInWords } from "../schedules/cron-words.ts";
import { useNow } from "../use-now.ts";
import type { ExportInFull } from "./api.ts";
import { Prune } from "./prune.tsx";

const words = inBoth({
  en: {
    title: "How current it is",
    proven: "Proven complete as of",
    changed: "Changed in the last run",
    nothing: "Nothing",
    added: (count: number) => `${number(count)} new`,
    relabelled: (count: number) => `${number(count)} with other labels`,
    deleted: (count: number) => `${number(count)} deleted in Gmail`,
    kept: "Kept though deleted in Gmail",
    messages: (count: number) => (count === 1 ? "1 message" : `${number(count)} messages`),
    pruned: "Taken out in the last run",
    prunedHint: (files: number, size: string) =>
      files === 0 ? size : `${size}, with ${number(files)} ${files === 1 ? "file" : "files"}`,
    schedule: "By itself",
    next: (at: string, inHowLong: string) => `next run ${at} (${inHowLong})`,
    paused: "paused",
    waits: "next run as soon as the export of its folder ends",
    noMore: "no run any more",
    never: "Never: only when somebody asks.",
    add: "Add a schedule",
    open: "Open the schedules",
  },
  fr: {
    title: "À quel point il est à jour",
    proven: "Prouvé complet à la date du",
    changed: "Changé au dernier passage",
    nothing: "Rien",
    added: (count: number) => `${number(count)} ${count < 2 ? "nouveau" : "nouveaux"}`,
    relabelled: (count: number) => `${number(count)} à d'autres libellés`,
    deleted: (count: number) => `${number(count)} ${count < 2 ? "supprimé" : "supprimés"} dans Gmail`,
    kept: "Gardés bien que supprimés dans Gmail",
    messages: (count: number) => `${number(count)} ${count < 2 ? "message" : "messages"}`,
    pruned: "Retirés au dernier passage",
    prunedHint: (files: number, size: string) =>
      files === 0 ? size : `${size}, avec ${number(files)} ${files < 2 ? "fichier" : "fichiers"}`,
    schedule: "De lui-même",
    next: (at: string, inHowLong: string) => `prochain passage le ${at} (${inHowLong})`,
    paused: "en pause",
    waits: "prochain passage dès que finit l'export de son dossier",
    noMore: "plus aucun passage",
    never: "Jamais : seulement quand on le demande.",
    add: "Ajouter une planification",
    open: "Ouvrir les planifications",
  },
});

const MINUTE_MS = 60_000;

/** Up to when what is here is proven, what the last run found changed, and when the next one comes by itself. */
export function UpToDate({ of, isLive }: { of: ExportInFull; isLive: boolean }) {
  const w = words();
  const schedules = useResource(of.output_directory, listSchedules);
  const { checked_at: checkedAt, deleted, progress, output_directory: folder } = of;
  const now = useNow(MINUTE_MS);
  return (
    <section class="card">
      <h2>{w.title}</h2>
      <dl class="asked">
        {checkedAt !== null && (
          <Entry name={w.proven}>
            <time dateTime={checkedAt}>{dateTime(checkedAt)}</time>{" "}
            <span class="dim">({relativeTime(checkedAt, now)})</span>
          </Entry>
        )}
        {progress.changed && !isLive && <Entry name={w.changed}>{changedInWords(progress.changed)}</Entry>}
        {progress.pruned && progress.pruned.messages > 0 && !isLive && (
          <Entry name={w.pruned}>
            {w.messages(progress.pruned.messages)}
            <span class="hint">{w.prunedHint(progress.pruned.files, bytes(progress.pruned.bytes))}</span>
          </Entry>
        )}
        {deleted > 0 && <Entry name={w.kept}>{w.messages(deleted)}</Entry>}
        {schedules.value && (
          <Entry name={w.schedule}>
            <Scheduled of={schedules.value.filter(({ options }) => options.output_dir === folder)} now={now} />
          </Entry>
        )}
      </dl>
      {deleted > 0 && !isLive && <Prune of={of} />}
    </section>
  );
}

function changedInWords({ added, relabelled, deleted }: NonNullable<ExportInFull["progress"]["changed"]>): string {
  const w = words();
  const parts = [
    added > 0 && w.added(added),
    relabelled > 0 && w.relabelled(relabelled),
    deleted > 0 && w.deleted(deleted),
  ];
  return parts.filter((part) => part !== false).join(", ") || w.nothing;
}

function Scheduled({ of, now }: { of: readonly Schedule[]; now: number }) {
  const w = words();
  if (of.length === 0)
    return (
      <>
        {w.never} <a href={to({ page: "new-schedule" })}>{w.add}</a>
      </>
    );
  return (
    <>
      {of.map((schedule) => (
        <span key={schedule.id} class="scheduled">
          {whenInWords(schedule.cron) ?? <code>{schedule.cron}</code>}
          <span class="hint">{nextOf(schedule, now)}</span>
        </span>
      ))}{" "}
      <a href={to({ page: "schedules" })}>{w.open}</a>
    </>
  );
}

function nextOf({ paused, waits_for: waitsFor, next_run: next }: Schedule, now: number): string {
  const w = words();
  if (paused) return w.paused;
  if (waitsFor !== null) return w.waits;
  return next === null ? w.noMore : w.next(dateTime(next), relativeTime(next, now));
}

function Entry({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
