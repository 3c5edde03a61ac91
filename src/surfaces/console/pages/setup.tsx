import { useState } from "preact/hooks";

import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { useResource } from "../resource.ts";
import { readSetup } from "../setup/api.ts";
import { Guide } from "../setup/guide.tsx";
import { Ready } from "../setup/ready.tsx";
import { ServiceAccountNote } from "../setup/service-account.tsx";
import { Trouble } from "../setup/trouble.tsx";

const words = inBoth({
  en: {
    title: "Setup",
    lead: "Google lets a program read mail only under the name of a project that somebody owns. Make your own: then nobody stands between you and your mail. It is free and takes about ten minutes, once.",
    unusable: "There is a client file, but it cannot be used.",
    next: "What to do:",
    another: "To use another client",
    how: "Move the file away on the computer where gmail-export runs, open this page again, and follow the steps. Whoever is signed in must sign in again, as each sign-in belongs to its client.",
  },
  fr: {
    title: "Configuration",
    lead: "Google ne laisse un programme lire du courrier qu'au nom d'un projet qui appartient à quelqu'un. Créez le vôtre : personne ne se tient alors entre vous et votre courrier. C'est gratuit, et cela prend une dizaine de minutes, une seule fois.",
    unusable: "Il y a un fichier client, mais il est inutilisable.",
    next: "Que faire :",
    another: "Pour utiliser un autre client",
    how: "Déplacez le fichier sur l'ordinateur où tourne gmail-export, rouvrez cette page et suivez les étapes. Tous les connectés devront se reconnecter, car chaque connexion appartient à son client.",
  },
});

export function SetupPage() {
  const w = words();
  const setup = useResource("setup", readSetup);
  const [isNew, setNew] = useState(false);
  const stored = (): void => {
    setNew(true);
    setup.reload();
  };
  return (
    <Page title={w.title}>
      <Loaded from={setup}>
        {(found) => {
          const { state, problem } = found.credentials;
          if (state === "service_account") return <ServiceAccountNote setup={found} />;
          return state === "ready" ? (
            <>
              <ServiceAccountNote setup={found} />
              <Ready setup={found} isNew={isNew} />
              <details class="card">
                <summary>{w.another}</summary>
                <p>{w.how}</p>
              </details>
              <Trouble setup={found} />
            </>
          ) : (
            <>
              {state === "unusable" && problem && (
                <Notice kind="bad">
                  <p>
                    <strong>{w.unusable}</strong> <Sentence text={problem.message} />
                  </p>
                  <p>
                    {w.next} <Sentence text={problem.next} />
                  </p>
                </Notice>
              )}
              <p class="lead">{w.lead}</p>
              <Guide setup={found} onStored={stored} />
              <Trouble setup={found} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
