import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { to } from "../route.ts";
import type { Step } from "./next-step.ts";

const words = inBoth({
  en: {
    setup: "Google's client file is missing or cannot be used, so no export can go on.",
    guide: "Open the setup guide",
    sign_in: "Nobody is signed in, so no export can go on.",
  },
  fr: {
    setup:
      "Le fichier client de Google manque, est inutilisable ou ne convient pas à ce serveur : aucun export ne peut avancer.",
    guide: "Ouvrir le guide de configuration",
    sign_in: "Personne n'est connecté : aucun export ne peut avancer.",
  },
});

/** What keeps the exports that there are from going on. */
export function Missing({ step }: { step: Step }) {
  const w = words();
  if (step === "export") return null;
  return (
    <Notice kind="warn">
      <p>{w[step]}</p>
      <p>
        {step === "setup" ? (
          <a class="button" href={to({ page: "setup" })}>
            {w.guide}
          </a>
        ) : (
          <SignInLink />
        )}
      </p>
    </Notice>
  );
}
