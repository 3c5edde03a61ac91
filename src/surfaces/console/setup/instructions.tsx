import type { ComponentChild } from "preact";

import { inBoth } from "../language.ts";
import { CopyText } from "../parts/copy-text.tsx";
import { OutLink } from "../parts/out-link.tsx";
import type { Setup } from "./api.ts";
import { clientTypeFor, type ConsoleStep, type Kind } from "./steps.ts";

/** What is pressed is named as Google's console names it; in French with the English behind it, for whose console is English. */
const words = inBoth({
  en: {
    open: {
      project: "Open “New project”",
      gmail_api: "Open the Gmail API's page",
      app: "Open “Branding”",
      publish: "Open “Audience”",
      client: "Open “Create client”",
    },
    colon: ":",
    projectName: "Project name",
    organisation: "Under “Location” choose your organisation; without it Google does not offer “Internal” later.",
    create:
      "Press “Create”, and wait until the project is there. On a first visit Google asks you to agree to its terms before.",
    top: "From here on, see that this project is the one named at the top of Google's pages.",
    enable: "Press “Enable”.",
    getStarted: "Press “Get started”.",
    appName: "App name",
    refused: "Should Google refuse the name, take any other: only you will see it.",
    support: "User support email: your own address. “Next”.",
    audience: { personal: "Audience: “External”. “Next”.", workspace: "Audience: “Internal”. “Next”." },
    contact: "Contact information: your own address. “Next”.",
    agree: "Agree to Google's policy; “Continue”, then “Create”.",
    publish: "Press “Publish app”, then “Confirm”.",
    why: "As long as the app is in Testing, Google ends every sign-in after seven days. Publishing shows your mail to nobody, and for your own use Google need not verify the app.",
    types: { installed: "Application type: “Desktop app”.", web: "Application type: “Web application”." },
    clientName: "Name",
    redirect: "Under “Authorized redirect URIs” press “Add URI” and paste it.",
    redirectName: "Redirect URI",
    download: "Press “Create”, then “Download JSON” in the window that opens: Google shows the secret this once only.",
  },
  fr: {
    open: {
      project: "Ouvrir « Nouveau projet »",
      gmail_api: "Ouvrir la page de l'API Gmail",
      app: "Ouvrir « Branding »",
      publish: "Ouvrir « Audience »",
      client: "Ouvrir « Créer un client »",
    },
    colon: " :",
    projectName: "Nom du projet",
    organisation:
      "Sous « Emplacement » (Location), choisissez votre organisation ; sans elle, Google ne proposera pas « Interne » plus loin.",
    create:
      "Cliquez sur « Créer » (Create), et attendez que le projet soit là. À la première visite, Google vous demande d'abord d'accepter ses conditions.",
    top: "À partir d'ici, vérifiez que ce projet est bien celui nommé en haut des pages de Google.",
    enable: "Cliquez sur « Activer » (Enable).",
    getStarted: "Cliquez sur « Commencer » (Get started).",
    appName: "Nom de l'application",
    refused: "Si Google refuse ce nom, prenez-en un autre : vous seul le verrez.",
    support: "Adresse d'assistance (User support email) : la vôtre. « Suivant » (Next).",
    audience: {
      personal: "Audience : « Externe » (External). « Suivant » (Next).",
      workspace: "Audience : « Interne » (Internal). « Suivant » (Next).",
    },
    contact: "Coordonnées (Contact information) : votre adresse. « Suivant » (Next).",
    agree: "Acceptez le règlement de Google ; « Continuer » (Continue), puis « Créer » (Create).",
    publish: "Cliquez sur « Publier l'application » (Publish app), puis sur « Confirmer » (Confirm).",
    why: "Tant que l'application est en mode test (Testing), Google met fin à chaque connexion après sept jours. Publier ne montre votre courrier à personne, et pour votre propre usage Google n'a pas à valider l'application.",
    types: {
      installed: "Type d'application : « Application de bureau » (Desktop app).",
      web: "Type d'application : « Application Web » (Web application).",
    },
    clientName: "Nom",
    redirect:
      "Sous « URI de redirection autorisés » (Authorized redirect URIs), cliquez sur « Ajouter un URI » (Add URI) et collez-le.",
    redirectName: "URI de redirection",
    download:
      "Cliquez sur « Créer » (Create), puis sur « Télécharger JSON » (Download JSON) dans la fenêtre qui s'ouvre. Google ne montre le code secret que cette fois-là.",
  },
});

const PAGES = {
  project: "create_project",
  gmail_api: "enable_gmail_api",
  app: "branding",
  publish: "audience",
  client: "create_client",
} as const satisfies Record<ConsoleStep, keyof Setup["google"]>;

/** What to press and to type at one step, with the page to do it on. */
export function Instructions({ step, kind, setup }: { step: ConsoleStep; kind: Kind; setup: Setup }) {
  const w = words();
  return (
    <>
      <OutLink href={setup.google[PAGES[step]]} look="button">
        {w.open[step]}
      </OutLink>
      <ol>{linesOf(step, kind, setup)}</ol>
      {step === "publish" && <p class="small dim">{w.why}</p>}
    </>
  );
}

function linesOf(step: ConsoleStep, kind: Kind, { app_name: app, redirect_uri: redirectUri }: Setup): ComponentChild {
  const w = words();
  switch (step) {
    case "project":
      return (
        <>
          <Named what={w.projectName} text={app} />
          {kind === "workspace" && <li>{w.organisation}</li>}
          <li>{w.create}</li>
          <li>{w.top}</li>
        </>
      );
    case "gmail_api":
      return <li>{w.enable}</li>;
    case "app":
      return (
        <>
          <li>{w.getStarted}</li>
          <Named what={w.appName} text={app} hint={w.refused} />
          <li>{w.support}</li>
          <li>{w.audience[kind]}</li>
          <li>{w.contact}</li>
          <li>{w.agree}</li>
        </>
      );
    case "publish":
      return <li>{w.publish}</li>;
    case "client": {
      const type = clientTypeFor(redirectUri);
      return (
        <>
          <li>{w.types[type]}</li>
          <Named what={w.clientName} text={app} />
          {type === "web" && <Named what={w.redirectName} text={redirectUri} hint={w.redirect} />}
          <li>{w.download}</li>
        </>
      );
    }
  }
}

function Named({ what, text, hint }: { what: string; text: string; hint?: string }) {
  const w = words();
  return (
    <li>
      {what + w.colon} <CopyText what={what} text={text} /> {hint !== undefined && <span class="hint">{hint}</span>}
    </li>
  );
}
