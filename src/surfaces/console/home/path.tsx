import type { ComponentChildren } from "preact";

import { inBoth } from "../language.ts";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { to } from "../route.ts";
import { STEPS, type Step } from "./next-step.ts";

const words = inBoth({
  en: {
    lead: "Every message of your Gmail mailbox, once each, in files that are yours. Three steps, and the first is done only once.",
    done: "Done",
    setup: {
      title: "Make gmail-export known to Google",
      text: "Google lets a program read mail only under the name of a project that somebody owns. It is free, takes about ten minutes, and the guide says what to press and what to type.",
      action: "Open the guide",
    },
    sign_in: {
      title: "Sign in to your mailbox",
      text: "On Google's own page, so nobody here sees your password. gmail-export asks to read mail, and for nothing else; you can take that back at any time.",
    },
    export: {
      title: "Export",
      text: "Choose what you want, or simply everything. You can close this window meanwhile; should the export be interrupted, it picks up where it stopped.",
      action: "Start an export",
    },
  },
  fr: {
    lead: "Tous les messages de votre boîte Gmail, une fois chacun, dans des fichiers à vous. Trois étapes, dont la première ne se fait qu'une fois.",
    done: "Fait",
    setup: {
      title: "Faites connaître gmail-export à Google",
      text: "Google ne laisse un programme lire du courrier qu'au nom d'un projet qui appartient à quelqu'un. C'est gratuit, cela prend une dizaine de minutes, et le guide dit où cliquer et quoi saisir.",
      action: "Ouvrir le guide",
    },
    sign_in: {
      title: "Connectez-vous à votre boîte",
      text: "Sur la page de Google : personne ici ne voit votre mot de passe. gmail-export demande à lire le courrier, et rien d'autre ; vous pouvez le retirer à tout moment.",
    },
    export: {
      title: "Exportez",
      text: "Choisissez ce que vous voulez, ou simplement tout. Vous pouvez fermer cette fenêtre entre-temps ; s'il est interrompu, l'export reprend là où il s'était arrêté.",
      action: "Lancer un export",
    },
  },
});

/** The way to the first export, for who has none: what is done, what is next, what comes then. */
export function Path({ step }: { step: Step }) {
  const w = words();
  const actions: Record<Step, ComponentChildren> = {
    setup: (
      <a class="button primary big" href={to({ page: "setup" })}>
        {w.setup.action}
      </a>
    ),
    sign_in: <SignInLink look="primary big" />,
    export: (
      <a class="button primary big" href={to({ page: "new" })}>
        {w.export.action}
      </a>
    ),
  };
  const current = STEPS.indexOf(step);
  return (
    <>
      <p class="lead">{w.lead}</p>
      <ol class="plain path">
        {STEPS.map((name, i) => (
          <li key={name} class={`card ${i < current ? "done" : ""}`} aria-current={i === current ? "step" : undefined}>
            <span class="step-number" aria-hidden="true">
              {i < current ? "✓" : i + 1}
            </span>
            <div>
              <h2>
                {w[name].title}
                {i < current && <span class="for-readers"> ({w.done})</span>}
              </h2>
              {i >= current && <p class={i > current ? "dim" : ""}>{w[name].text}</p>}
              {i === current && actions[name]}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
