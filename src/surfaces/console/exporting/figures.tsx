import type { ComponentChildren } from "preact";

import type { Export } from "../exports-api.ts";
import { duration, moment, number } from "../format.ts";
import { inBoth } from "../language.ts";

const words = inBoth({
  en: {
    speed: "Speed",
    perMinute: "messages a minute",
    left: "Time left",
    at: (time: string) => `done at ${time}`,
    quota: "Quota this minute",
    ofAllowed: (used: number, allowed: number) => `${number(used)} of ${number(allowed)} units`,
    refusals: "Refused by Google",
    refusalsHint: (count: number): string => (count === 1 ? "call, made again later" : "calls, each made again later"),
    units: "Units spent in all",
    tier: { "2026": "at the prices of 2026", legacy: "at the prices before 2026" },
    gone: "Gone",
    goneHint: "deleted in Gmail before they were read",
    failed: "Failed",
    exported: "Messages on disk",
    completed: "Completed",
    completedHint: (all: number) => `of ${number(all)} messages that lack something`,
  },
  fr: {
    speed: "Vitesse",
    perMinute: "messages par minute",
    left: "Temps restant",
    at: (time: string) => `fin à ${time}`,
    quota: "Quota cette minute",
    ofAllowed: (used: number, allowed: number) => `${number(used)} sur ${number(allowed)} unités`,
    refusals: "Refusés par Google",
    refusalsHint: (count: number): string =>
      count < 2 ? "appel, refait plus tard" : "appels, chacun refait plus tard",
    units: "Unités dépensées en tout",
    tier: { "2026": "aux prix de 2026", legacy: "aux prix d'avant 2026" },
    gone: "Disparus",
    goneHint: "supprimés dans Gmail avant d'être lus",
    failed: "En échec",
    exported: "Messages sur le disque",
    completed: "Complétés",
    completedHint: (all: number) => `sur ${number(all)} messages à qui il manque quelque chose`,
  },
});

/** The numbers of an export: how fast it goes while it runs, and what it has cost. */
export function Figures({ of: { progress, quota, rate, finished_at_estimate: end, updated_at: now } }: { of: Export }) {
  const w = words();
  // By the server's clock alone: this machine's may be wrong.
  const left = end === null ? null : Date.parse(end) - Date.parse(now);
  return (
    <dl class="figures close">
      {progress.gone + progress.failed > 0 && <Figure name={w.exported}>{number(progress.exported)}</Figure>}
      {progress.completed && progress.completed.of > 0 && (
        <Figure name={w.completed} note={w.completedHint(progress.completed.of)}>
          {number(progress.completed.done)}
        </Figure>
      )}
      {rate && (
        <Figure name={w.speed} note={w.perMinute}>
          {rate.messages_per_minute === null ? "–" : number(rate.messages_per_minute)}
        </Figure>
      )}
      {end !== null && left !== null && left > 0 && (
        <Figure name={w.left} note={w.at(moment(end, now))}>
          {duration(left)}
        </Figure>
      )}
      {rate && (
        <Figure name={w.quota} note={w.ofAllowed(rate.units_this_minute, rate.units_per_minute_allowed)}>
          <meter
            aria-label={w.quota}
            min={0}
            max={Math.max(1, rate.units_per_minute_allowed)}
            value={Math.min(rate.units_this_minute, rate.units_per_minute_allowed)}
          />
        </Figure>
      )}
      <Figure name={w.refusals} note={w.refusalsHint(quota.refused)}>
        {number(quota.refused)}
      </Figure>
      <Figure name={w.units} note={w.tier[quota.tier]}>
        {number(quota.units)}
      </Figure>
      {progress.gone > 0 && (
        <Figure name={w.gone} note={w.goneHint}>
          {number(progress.gone)}
        </Figure>
      )}
      {progress.failed > 0 && <Figure name={w.failed}>{number(progress.failed)}</Figure>}
    </dl>
  );
}

function Figure({ name, note, children }: { name: string; note?: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {note !== undefined && <span class="hint">{note}</span>}
      </dd>
    </div>
  );
}
