import { dateTime } from "../format.ts";
import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { to } from "../route.ts";
import type { Alarm } from "./api.ts";

const words = inBoth<Readonly<{ events: Record<Alarm["event"], string>; since: (at: string) => string; look: string }>>(
  {
    en: {
      events: {
        failed: "The last run failed.",
        needs_sign_in: "It cannot go on until its owner signs in again.",
        unproven: "For too long nothing has shown that it is complete.",
        sign_in_ends_soon: "The sign-in ends within a day, if the project at Google is still in Testing.",
      },
      since: (at) => `Since ${at}.`,
      look: "Look at the export",
    },
    fr: {
      events: {
        failed: "Le dernier passage a échoué.",
        needs_sign_in: "Il ne peut continuer que lorsque son propriétaire se reconnecte.",
        unproven: "Depuis trop longtemps, rien n'a montré qu'il est complet.",
        sign_in_ends_soon: "La connexion prend fin d'ici un jour, si le projet chez Google est encore en test.",
      },
      since: (at) => `Depuis le ${at}.`,
      look: "Voir l'export",
    },
  },
);

/** What is wrong with the export of a schedule, and what helps. */
export function AlarmNotice({ of, email }: { of: Alarm; email: string }) {
  const w = words();
  const helpsToSignIn = of.event === "needs_sign_in" || of.event === "sign_in_ends_soon";
  return (
    <Notice kind="warn">
      <p>
        <strong>{w.events[of.event]}</strong> {w.since(dateTime(of.since))}
      </p>
      {helpsToSignIn && <SignInLink email={email} />}
      {!helpsToSignIn && of.export_id !== null && (
        <p>
          <a href={to({ page: "export", id: of.export_id })}>{w.look}</a>
        </p>
      )}
    </Notice>
  );
}
