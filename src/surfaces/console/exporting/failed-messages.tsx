import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Sentence } from "../parts/sentence.tsx";
import type { ExportInFull } from "./api.ts";

const words = inBoth({
  en: {
    title: (count: number) =>
      count === 1 ? "1 message could not be fetched" : `${number(count)} messages could not be fetched`,
    why: "Gmail answered with an error each time it was asked. The rest of the export is whole, and what failed can be tried again at any time.",
    id: "Gmail's id",
    reason: "Reason",
    attempts: "Attempts",
    more: (count: number) => `And ${number(count)} more: manifest.json names them all.`,
  },
  fr: {
    title: (count: number) =>
      count < 2 ? `${number(count)} message n'a pas pu être lu` : `${number(count)} messages n'ont pas pu être lus`,
    why: "Gmail a répondu par une erreur à chaque demande. Le reste de l'export est entier, et ce qui a échoué peut être relu à tout moment.",
    id: "Identifiant Gmail",
    reason: "Raison",
    attempts: "Essais",
    more: (count: number) => `Et ${number(count)} de plus : manifest.json les nomme tous.`,
  },
});

const SHOWN = 200;

export function FailedMessages({ of: { failures } }: { of: ExportInFull }) {
  const w = words();
  if (failures.length === 0) return null;
  return (
    <section class="card">
      <h2>{w.title(failures.length)}</h2>
      <p class="dim">{w.why}</p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too */}
      <div class="table-scroll tall" tabIndex={0} role="region" aria-label={w.title(failures.length)}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.id}</th>
              <th scope="col">{w.reason}</th>
              <th scope="col" class="number">
                {w.attempts}
              </th>
            </tr>
          </thead>
          <tbody>
            {failures.slice(0, SHOWN).map(({ id, reason, attempts }) => (
              <tr key={id}>
                <th scope="row">
                  <code>{id}</code>
                </th>
                <td>
                  <Sentence text={reason} />
                </td>
                <td class="number">{number(attempts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {failures.length > SHOWN && <p class="small dim">{w.more(failures.length - SHOWN)}</p>}
    </section>
  );
}
