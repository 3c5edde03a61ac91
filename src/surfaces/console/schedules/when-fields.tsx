import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { dateTime, relativeTime } from "../format.ts";
import { inBoth } from "../language.ts";
import { TextField, useDescribed } from "../new-export/field.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { useNow } from "../use-now.ts";
import { whenInWords } from "./cron-words.ts";
import type { Complaint, Timing, TimingField } from "./form.ts";

const words = inBoth({
  en: {
    when: "When",
    cron: "Cron expression",
    cronHint: "Minute, hour, day of the month, month, day of the week. A star is every one.",
    presets: "Often chosen",
    nightly: "Every night",
    hourly: "Every hour",
    weekly: "Every Sunday",
    monthly: "Every month",
    next: "Next runs, by your clock",
    zone: "Time zone",
    zoneHint: "Whose clocks the expression goes by, such as Europe/Paris.",
    jitter: "Begin up to so many seconds later",
    jitterHint: "By chance, so that not everybody asks Google at the same second. 0 begins on the dot.",
    wrongJitter: "A whole number from 0 to 86,400.",
  },
  fr: {
    when: "Quand",
    cron: "Expression cron",
    cronHint: "Minute, heure, jour du mois, mois, jour de la semaine. Une étoile : tous.",
    presets: "Souvent choisis",
    nightly: "Chaque nuit",
    hourly: "Chaque heure",
    weekly: "Chaque dimanche",
    monthly: "Chaque mois",
    next: "Prochains passages, à votre heure",
    zone: "Fuseau horaire",
    zoneHint: "Celui dont l'expression suit l'heure, comme Europe/Paris.",
    jitter: "Retard au plus, en secondes",
    jitterHint: "Au hasard, pour que tous n'appellent pas Google à la même seconde. 0 : à l'heure pile.",
    wrongJitter: "Un nombre entier de 0 à 86 400.",
  },
});

const MINUTE_MS = 60_000;

const PRESETS = [
  ["nightly", "0 3 * * *"],
  ["hourly", "0 * * * *"],
  ["weekly", "0 3 * * 0"],
  ["monthly", "0 3 1 * *"],
] as const;

/** When an account is exported: an expression that says itself in words, and the moments at which it comes true. */
export function WhenFields({
  timing,
  change,
  complaints,
  runs,
}: {
  timing: Timing;
  change: (part: Partial<Timing>) => void;
  complaints: Partial<Record<TimingField, Complaint>>;
  runs: readonly string[];
}) {
  const w = words();
  const said = whenInWords(timing.cron);
  const wrongCron = complaints.cron && <Marked text={timing.cron.trim()} complaint={complaints.cron} />;
  return (
    <>
      <h2>{w.when}</h2>
      <div class="field-group">
        <TextField
          label={w.cron}
          hint={w.cronHint}
          value={timing.cron}
          onValue={(cron) => change({ cron })}
          short
          wrong={wrongCron}
        />
        <div class="examples" role="group" aria-label={w.presets}>
          {PRESETS.map(([name, cron]) => (
            <button key={name} type="button" class="quiet" onClick={() => change({ cron })}>
              {w[name]} <code>{cron}</code>
            </button>
          ))}
        </div>
        <div role="status">
          {said !== undefined && runs.length > 0 && <p class="headline said">{said}</p>}
          {runs.length > 0 && <NextRuns runs={runs} />}
        </div>
      </div>
      <ZoneField
        value={timing.timeZone}
        onValue={(timeZone) => change({ timeZone })}
        wrong={complaints.time_zone && <Sentence text={complaints.time_zone.message} />}
      />
      <TextField
        label={w.jitter}
        hint={w.jitterHint}
        value={timing.jitter}
        onValue={(jitter) => change({ jitter })}
        mode="numeric"
        short
        wrong={complaints.jitter_seconds && w.wrongJitter}
      />
    </>
  );
}

function NextRuns({ runs }: { runs: readonly string[] }) {
  const w = words();
  const now = useNow(MINUTE_MS);
  return (
    <div class="small">
      <p class="dim">{w.next}</p>
      <ul class="plain">
        {runs.map((run) => (
          <li key={run}>
            <time dateTime={run}>{dateTime(run)}</time> <span class="dim">({relativeTime(run, now)})</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What the server found wrong, and the expression with the place marked where it tells one. */
function Marked({ text, complaint: { message, character } }: { text: string; complaint: Complaint }) {
  const at = character === undefined ? -1 : character - 1;
  return (
    <>
      <Sentence text={message} />
      {at >= 0 && at < text.length && (
        <code class="marked" aria-hidden="true">
          {text.slice(0, at)}
          <mark>{text.charAt(at)}</mark>
          {text.slice(at + 1)}
        </code>
      )}
    </>
  );
}

function ZoneField({
  value,
  onValue,
  wrong: message,
}: {
  value: string;
  onValue: (zone: string) => void;
  wrong: ComponentChildren;
}) {
  const w = words();
  const list = useId();
  const { control, hint, wrong } = useDescribed({ hint: w.zoneHint, wrong: message });
  return (
    <div class="field">
      <label for={control.id}>{w.zone}</label>
      <input
        type="text"
        {...control}
        class="short"
        list={list}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
      <datalist id={list}>
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </datalist>
      {hint}
      {wrong}
    </div>
  );
}
