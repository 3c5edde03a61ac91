import type { ComponentChildren } from "preact";

import { inBoth } from "../language.ts";
import type { Setup } from "./api.ts";
import { ClientFileDrop } from "./client-file-drop.tsx";
import { Instructions } from "./instructions.tsx";
import { kind, marks } from "./memory.ts";
import { KINDS, stepsFor, type ConsoleStep } from "./steps.ts";
import { UnverifiedNote } from "./unverified.tsx";

const words = inBoth({
  en: {
    whose: "Whose mail is it?",
    kinds: { personal: "A personal Gmail mailbox", workspace: "A mailbox of a Google Workspace (work, school)" },
    console:
      "Work through these in Google's console, signed in there as yourself. Tick what is done; this page remembers it.",
    done: "Done",
    titles: {
      project: "Create a project",
      gmail_api: "Switch on the Gmail API",
      app: "Name the app",
      publish: "Publish the app",
      client: "Create the client and download its file",
    },
    file: "Give the file to gmail-export",
    signIn: "Sign in",
    later: "When the file is here, you can sign in to your mailbox.",
  },
  fr: {
    whose: "À qui est le courrier ?",
    kinds: {
      personal: "Une boîte Gmail personnelle",
      workspace: "Une boîte d'un Google Workspace (travail, école)",
    },
    console:
      "Suivez ces étapes dans la console de Google, connecté sous votre nom. Cochez ce qui est fait ; cette page s'en souvient.",
    done: "Fait",
    titles: {
      project: "Créer un projet",
      gmail_api: "Activer l'API Gmail",
      app: "Nommer l'application",
      publish: "Publier l'application",
      client: "Créer le client et télécharger son fichier",
    },
    file: "Donner le fichier à gmail-export",
    signIn: "Se connecter",
    later: "Quand le fichier sera ici, vous pourrez vous connecter à votre boîte.",
  },
});

/** From nothing to a sign-in, one step after the other. */
export function Guide({ setup, onStored }: { setup: Setup; onStored: () => void }) {
  const w = words();
  const steps = stepsFor(kind.value);
  return (
    <>
      <fieldset class="choices">
        <legend>{w.whose}</legend>
        {KINDS.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="kind"
              value={one}
              checked={kind.value === one}
              onChange={() => (kind.value = one)}
            />{" "}
            {w.kinds[one]}
          </label>
        ))}
      </fieldset>
      <p>{w.console}</p>
      <ol class="plain guide">
        {steps.map((step, i) => (
          <MarkedStep key={step} step={step} number={i + 1}>
            <Instructions step={step} kind={kind.value} setup={setup} />
          </MarkedStep>
        ))}
        <PlainStep number={steps.length + 1} title={w.file}>
          <ClientFileDrop onStored={onStored} />
        </PlainStep>
        <PlainStep number={steps.length + 2} title={w.signIn}>
          <UnverifiedNote app={setup.app_name} whose={kind.value} />
          <p class="dim">{w.later}</p>
        </PlainStep>
      </ol>
    </>
  );
}

/** A step at Google's: nobody but the person can tell that it is done. */
function MarkedStep({ step, number, children }: { step: ConsoleStep; number: number; children: ComponentChildren }) {
  const w = words();
  const isDone = marks[step].value === "done";
  const title = w.titles[step];
  return (
    <li class={`card ${isDone ? "done" : ""}`}>
      <span class="step-number" aria-hidden="true">
        {isDone ? "✓" : number}
      </span>
      <div>
        <div class="card-head">
          <h2>{title}</h2>
          <label class="tick">
            <input
              type="checkbox"
              checked={isDone}
              aria-label={`${w.done}: ${title}`}
              onChange={({ currentTarget }) => (marks[step].value = currentTarget.checked ? "done" : "open")}
            />{" "}
            {w.done}
          </label>
        </div>
        {!isDone && children}
      </div>
    </li>
  );
}

function PlainStep({ number, title, children }: { number: number; title: string; children: ComponentChildren }) {
  return (
    <li class="card">
      <span class="step-number" aria-hidden="true">
        {number}
      </span>
      <div>
        <h2>{title}</h2>
        {children}
      </div>
    </li>
  );
}
