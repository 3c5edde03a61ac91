import type { Finding, Status } from "../../../doctor/finding.ts";
import { inBoth } from "../language.ts";
import { Sentence } from "../parts/sentence.tsx";
import { labels } from "./labels.ts";

const words = inBoth({
  en: { statuses: { ok: "Fine", warn: "Beware", fail: "Problem", skipped: "Not checked" }, next: "What to do:" },
  fr: { statuses: { ok: "Bien", warn: "Attention", fail: "Problème", skipped: "Non vérifié" }, next: "Que faire :" },
});

const ICONS: Readonly<Record<Status, string>> = { ok: "✓", warn: "!", fail: "✕", skipped: "–" };

/** One thing looked at: its name in the person's language, what was found in the server's. */
export function FindingLine({ finding: { id, status, what, why, next } }: { finding: Finding }) {
  const w = words();
  return (
    <li class={`finding ${status}`}>
      <span class="icon" aria-hidden="true">
        {ICONS[status]}
      </span>
      <div>
        <p class="small">
          <strong>{labels()[id]}</strong> · <span class="status">{w.statuses[status]}</span>
        </p>
        <p>
          <Sentence text={what} />
        </p>
        {why !== "" && (
          <p class="dim">
            <Sentence text={why} />
          </p>
        )}
        {next !== "" && (
          <p>
            <strong>{w.next}</strong> <Sentence text={next} />
          </p>
        )}
      </div>
    </li>
  );
}
