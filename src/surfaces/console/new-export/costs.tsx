import { ORIGINAL_FORMATS } from "../../../core/export/format.ts";
import { bytes, duration, number } from "../format.ts";
import { inBoth } from "../language.ts";
import type { Estimate } from "./api.ts";
import type { Draft } from "./form.ts";

const words = inBoth({
  en: {
    title: "What each choice takes",
    kept: "What is kept",
    units: "Quota units",
    time: "Time",
    size: "Mail to read",
    kinds: { text: "Records alone", attachments: "With attachments", originals: "With originals" },
    chosen: "as chosen",
    upTo: (from: string, to: string) => `${from} to ${to}`,
    short: "under a minute",
  },
  fr: {
    title: "Ce que demande chaque choix",
    kept: "Ce qui est gardé",
    units: "Unités de quota",
    time: "Durée",
    size: "Courrier à lire",
    kinds: { text: "Enregistrements seuls", attachments: "Avec les pièces jointes", originals: "Avec les originaux" },
    chosen: "votre choix",
    upTo: (from, to) => `${from} à ${to}`,
    short: "moins d'une minute",
  },
});

const KINDS = ["text", "attachments", "originals"] as const;

type Kind = (typeof KINDS)[number];

/** Which of an estimate's figures are those of this form. Originals hold the attachments: to have both costs no more. */
export function kindOf({ attachments, formats }: Pick<Draft, "attachments" | "formats">): Kind {
  if (ORIGINAL_FORMATS.some((format) => formats.includes(format))) return "originals";
  return attachments ? "attachments" : "text";
}

/** Text, attachments and originals side by side, and which of them is chosen. */
export function Costs({ of, chosen }: { of: Estimate; chosen: Kind }) {
  const w = words();
  const hasSizes = KINDS.some((kind) => of[kind].bytes !== undefined);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too
    <div class="table-scroll" tabIndex={0} role="region" aria-label={w.title}>
      <table class="costs" aria-label={w.title}>
        <thead>
          <tr>
            <th scope="col">{w.kept}</th>
            <th scope="col" class="number">
              {w.units}
            </th>
            <th scope="col" class="number">
              {w.time}
            </th>
            {hasSizes && (
              <th scope="col" class="number">
                {w.size}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {KINDS.map((kind) => (
            <tr key={kind} aria-current={kind === chosen ? "true" : undefined}>
              <th scope="row">
                {w.kinds[kind]} {kind === chosen && <span class="chip">{w.chosen}</span>}
              </th>
              <td class="number">{number(of[kind].units)}</td>
              <td class="number">{timeOf(of[kind].minutes)}</td>
              {hasSizes && <td class="number">{of[kind].bytes === undefined ? "–" : bytes(of[kind].bytes)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function timeOf(minutes: Estimate["text"]["minutes"]): string {
  const w = words();
  const spelled = (value: number): string => (value < 1 ? w.short : duration(value * 60_000));
  if (typeof minutes === "number") return spelled(minutes);
  const [from, to] = [spelled(minutes[0]), spelled(minutes[1])];
  return from === to ? to : w.upTo(from, to);
}
