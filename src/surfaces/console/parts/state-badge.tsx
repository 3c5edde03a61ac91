import type { StateName } from "../../../core/export/job.ts";
import { inBoth } from "../language.ts";

export const stateWords = inBoth<Record<StateName, string>>({
  en: {
    queued: "In line",
    running: "Running",
    paused: "Paused",
    waiting: "Waiting",
    needs_sign_in: "Needs your sign-in",
    completed: "Complete",
    completed_with_failures: "Complete but for some messages",
    failed: "Stopped by an error",
    cancelled: "Cancelled",
  },
  fr: {
    queued: "En file d'attente",
    running: "En cours",
    paused: "En pause",
    waiting: "En attente",
    needs_sign_in: "Connexion requise",
    completed: "Complet",
    completed_with_failures: "Complet, sauf quelques messages",
    failed: "Arrêté par une erreur",
    cancelled: "Annulé",
  },
});

const LOOKS: Readonly<Record<StateName, string>> = {
  queued: "live",
  running: "live",
  paused: "",
  waiting: "warn",
  needs_sign_in: "warn",
  completed: "good",
  completed_with_failures: "warn",
  failed: "bad",
  cancelled: "",
};

/** The state of an export in words for people; the colour only repeats them. */
export function StateBadge({ state }: { state: StateName }) {
  return <span class={`badge ${LOOKS[state]}`}>{stateWords()[state]}</span>;
}
